import { createHash, randomBytes } from "node:crypto";
import type { Database } from "../database/open-database.ts";
import type { Role } from "../sessions/session.ts";
import { changeRole, setPassword, touched } from "./change-access.ts";

/** A row of `users`. */
export interface UserRow {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly password_hash: string;
  readonly role: Role;
  readonly totp_secret: string | null;
  readonly totp_confirmed_at: Date | null;
  readonly totp_last_step: number;
  readonly disabled_at: Date | null;
}

interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly role: Role;
}

export type CodePurpose = "verify" | "reset";

/** Minutes a mailed code is good for; ASVS 5.0, 6.6.2 allows 10. */
export const codeMinutes = 10;

const hashOf = (text: string) => createHash("sha256").update(text).digest();

interface Administrator {
  readonly email: string;
  readonly name: string;
  /** Left out where an account keeps its password. */
  readonly passwordHash: string | undefined;
  /** Hash of a random password, for a new account without one. */
  readonly unknowable: string;
}

interface Registration {
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
}

/**
 * The queries on users, registrations and codes. E-mail addresses are compared in small letters
 * throughout.
 */
export interface AccountStore {
  findByEmail(email: string): Promise<UserRow | undefined>;
  find(id: number): Promise<UserRow | undefined>;
  /** Creates a user; undefined where the address has an account already, which stays as it is. */
  insert(user: NewUser, on?: Database): Promise<UserRow | undefined>;
  /**
   * Makes an administrator: a new account, or the one that the address has. Its sessions end, for
   * they began with fewer rights, and so do links to it that are under way.
   */
  makeAdministrator(user: Administrator): Promise<UserRow>;
  /**
   * Sets a password and ends the person's sessions, but for `except`; links to the account stop
   * working.
   */
  setPassword(id: number, passwordHash: string, except?: number): Promise<void>;
  update(id: number, values: Partial<Omit<UserRow, "id" | "role" | "password_hash">>): Promise<void>;
  /** Remembers the step of a used code; false when the same or a later one has been used since. */
  takeTotpStep(id: number, step: number): Promise<boolean>;
  /**
   * Keeps a registration until its mail is answered; a later one of the address takes its place.
   */
  saveRegistration(on: Database, registration: Registration): Promise<void>;
  findRegistration(email: string): Promise<{ name: string; password_hash: string } | undefined>;
  deleteRegistration(email: string): Promise<void>;
  /** Makes a code for a link in a mail. Earlier codes of the same purpose stop working. */
  newCode(purpose: CodePurpose, email: string): Promise<string>;
  /** The address that a code was made for, while it is good. */
  codeOwner(purpose: CodePurpose, token: string): Promise<string | undefined>;
  /** Uses a code up; only one caller gets true. */
  takeCode(purpose: CodePurpose, token: string): Promise<boolean>;
  replaceRecoveryCodes(userId: number, codes: readonly string[]): Promise<void>;
  /** Uses a recovery code up; only one caller gets true. */
  takeRecoveryCode(userId: number, code: string): Promise<boolean>;
  /** Deletes codes and registrations that were never used. */
  sweep(): Promise<void>;
}

export function createAccountStore(database: Database): AccountStore {
  const byEmail = (email: string, on: Database = database) =>
    on("users").whereRaw("lower(email) = lower(?)", [email]);

  return {
    async findByEmail(email: string): Promise<UserRow | undefined> {
      return byEmail(email).first<UserRow | undefined>();
    },

    async find(id: number): Promise<UserRow | undefined> {
      return database("users").where({ id }).first<UserRow | undefined>();
    },

    async insert(user: NewUser, on: Database = database): Promise<UserRow | undefined> {
      const [row] = await on("users")
        .insert({ email: user.email, name: user.name, password_hash: user.passwordHash, role: user.role })
        .onConflict(database.raw("(lower(email))"))
        .ignore()
        .returning<UserRow[]>("*");
      return row;
    },

    async makeAdministrator(user) {
      const { email, name, passwordHash, unknowable } = user;
      return database.transaction(async (transaction) => {
        await transaction("registrations").where({ email }).delete();
        await transaction("one_time_codes").where({ email }).delete();
        await transaction("invitations").where({ email }).delete();
        const made = await this.insert(
          { email, name, passwordHash: passwordHash ?? unknowable, role: "admin" },
          transaction,
        );
        if (made) return made;
        const known = await byEmail(email, transaction).forUpdate().first<UserRow>();
        await changeRole(transaction, known.id, "admin");
        if (passwordHash !== undefined) await setPassword(transaction, known.id, passwordHash);
        await transaction("sessions").where({ user_id: known.id }).delete();
        const [row] = await transaction("users")
          .where({ id: known.id })
          .update({ disabled_at: null })
          .returning<UserRow[]>("*");
        return row ?? known;
      });
    },

    async setPassword(id: number, passwordHash: string, except?: number): Promise<void> {
      await database.transaction((transaction) => setPassword(transaction, id, passwordHash, except));
    },

    async update(id: number, values: Partial<Omit<UserRow, "id" | "role" | "password_hash">>): Promise<void> {
      await database("users")
        .where({ id })
        .update({ ...values, ...touched(database) });
    },

    async takeTotpStep(id: number, step: number): Promise<boolean> {
      return (
        (await database("users")
          .where({ id })
          .where("totp_last_step", "<", step)
          .update({ totp_last_step: step })) > 0
      );
    },

    async saveRegistration(on: Database, values: Registration): Promise<void> {
      await on("registrations")
        .insert({
          email: values.email.toLowerCase(),
          name: values.name,
          password_hash: values.passwordHash,
          created_at: database.fn.now(),
        })
        .onConflict("email")
        .merge();
    },

    async findRegistration(email: string): Promise<{ name: string; password_hash: string } | undefined> {
      return database("registrations")
        .where({ email: email.toLowerCase() })
        .first<{ name: string; password_hash: string } | undefined>();
    },

    async deleteRegistration(email: string): Promise<void> {
      await database("registrations").where({ email: email.toLowerCase() }).delete();
    },

    async newCode(purpose: CodePurpose, email: string): Promise<string> {
      const token = randomBytes(32).toString("base64url");
      await database.transaction(async (transaction) => {
        await transaction("one_time_codes").where({ purpose, email: email.toLowerCase() }).delete();
        await transaction("one_time_codes").insert({
          token_hash: hashOf(token),
          purpose,
          email: email.toLowerCase(),
          expires_at: transaction.raw("now() + ? * interval '1 minute'", [codeMinutes]),
        });
      });
      return token;
    },

    async codeOwner(purpose: CodePurpose, token: string): Promise<string | undefined> {
      const row = await database("one_time_codes")
        .where({ purpose, token_hash: hashOf(token) })
        .where("expires_at", ">", database.fn.now())
        .first<{ email: string } | undefined>("email");
      return row?.email;
    },

    async takeCode(purpose: CodePurpose, token: string): Promise<boolean> {
      return (
        (await database("one_time_codes")
          .where({ purpose, token_hash: hashOf(token) })
          .where("expires_at", ">", database.fn.now())
          .delete()) > 0
      );
    },

    async replaceRecoveryCodes(userId: number, codes: readonly string[]): Promise<void> {
      await database.transaction(async (transaction) => {
        await transaction("recovery_codes").where({ user_id: userId }).delete();
        if (codes.length > 0) {
          await transaction("recovery_codes").insert(
            codes.map((code) => ({ user_id: userId, code_hash: hashOf(code) })),
          );
        }
      });
    },

    async takeRecoveryCode(userId: number, code: string): Promise<boolean> {
      return (
        (await database("recovery_codes")
          .where({ user_id: userId, code_hash: hashOf(code) })
          .delete()) > 0
      );
    },

    async sweep(): Promise<void> {
      await database("one_time_codes").where("expires_at", "<", database.fn.now()).delete();
      await database("registrations")
        .where("created_at", "<", database.raw("now() - interval '1 day'"))
        .delete();
    },
  };
}
