import { createHash, randomBytes } from "node:crypto";
import type { Database } from "../database/open-database.ts";
import type { Role } from "../sessions/session.ts";

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

export type CodePurpose = "verify" | "reset";

/** Minutes a mailed code is good for; ASVS 5.0, 6.6.2 allows 10. */
export const codeMinutes = 10;

const hashOf = (text: string) => createHash("sha256").update(text).digest();

export type AccountStore = ReturnType<typeof createAccountStore>;

/** The queries on users, registrations and codes. E-mail addresses are compared in small letters throughout. */
export function createAccountStore(database: Database) {
  const byEmail = (email: string) => database("users").whereRaw("lower(email) = lower(?)", [email]);

  return {
    async findByEmail(email: string): Promise<UserRow | undefined> {
      return byEmail(email).first<UserRow | undefined>();
    },

    async find(id: number): Promise<UserRow | undefined> {
      return database("users").where({ id }).first<UserRow | undefined>();
    },

    /** Creates a user, or gives the existing one of this address the new values. */
    async save(user: { email: string; name: string; passwordHash: string; role: Role }): Promise<UserRow> {
      const values = {
        email: user.email,
        name: user.name,
        password_hash: user.passwordHash,
        role: user.role,
      };
      const [row] = await database("users")
        .insert(values)
        .onConflict(database.raw("(lower(email))"))
        .merge({ ...values, disabled_at: null, updated_at: database.fn.now() })
        .returning<UserRow[]>("*");
      if (!row) throw new Error("Postgres returned no row for an upsert.");
      return row;
    },

    async update(id: number, values: Partial<Omit<UserRow, "id">>): Promise<void> {
      await database("users")
        .where({ id })
        .update({ ...values, updated_at: database.fn.now(), version: database.raw("version + 1") });
    },

    /** Remembers the step of a used code; false when a later or the same one was used meanwhile. */
    async takeTotpStep(id: number, step: number): Promise<boolean> {
      return (
        (await database("users")
          .where({ id })
          .where("totp_last_step", "<", step)
          .update({ totp_last_step: step })) > 0
      );
    },

    async saveRegistration(email: string, name: string, passwordHash: string): Promise<void> {
      await database("registrations")
        .insert({
          email: email.toLowerCase(),
          name,
          password_hash: passwordHash,
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

    /** Makes a code for a link in a mail. Earlier codes of the same purpose stop working. */
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

    /** Whose code this is, while it is good. */
    async codeOwner(purpose: CodePurpose, token: string): Promise<string | undefined> {
      const row = await database("one_time_codes")
        .where({ purpose, token_hash: hashOf(token) })
        .where("expires_at", ">", database.fn.now())
        .first<{ email: string } | undefined>("email");
      return row?.email;
    },

    /** Uses a code up; only one caller gets true. */
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

    /** Uses a recovery code up; only one caller gets true. */
    async takeRecoveryCode(userId: number, code: string): Promise<boolean> {
      return (
        (await database("recovery_codes")
          .where({ user_id: userId, code_hash: hashOf(code) })
          .delete()) > 0
      );
    },

    /** Deletes codes and registrations that nobody came back for. */
    async sweep(): Promise<void> {
      await database("one_time_codes").where("expires_at", "<", database.fn.now()).delete();
      await database("registrations")
        .where("created_at", "<", database.raw("now() - interval '1 day'"))
        .delete();
    },
  };
}
