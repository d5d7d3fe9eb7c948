import { createHash, randomBytes } from "node:crypto";
import type { Level } from "./session.ts";
import type { Database } from "../database/open-database.ts";
import type { Role, Session } from "./session.ts";

/**
 * How long sessions last, in seconds. Staff and admins reach other people's data, so theirs are
 * short.
 */
export const lifetimes: Readonly<Record<Role, { readonly idle: number; readonly absolute: number }>> = {
  user: { idle: 24 * 3600, absolute: 14 * 24 * 3600 },
  staff: { idle: 3600, absolute: 12 * 3600 },
  admin: { idle: 3600, absolute: 12 * 3600 },
};

/** `last_seen_at` is written at most this often, in seconds, so that reading costs no write. */
const seenEvery = 60;

/** A session as its owner and an admin see it in a list. */
export interface SessionListing {
  readonly id: number;
  readonly created_at: Date;
  readonly last_seen_at: Date;
  readonly address: string;
  readonly user_agent: string;
}

interface SessionRow {
  id: number;
  created_at: Date;
  stale: boolean;
  user_id: number;
  email: string;
  name: string;
  role: Role;
  totp: boolean;
  permissions: Record<string, Level> | null;
}

const hashOf = (token: string) => createHash("sha256").update(token).digest();

/**
 * Sessions in Postgres. The database holds the hash of a token only, so a copy of it opens no
 * session.
 */
export interface SessionStore {
  /** Starts a session and returns the token for its cookie. */
  start(userId: number, role: Role, from: { address: string; userAgent: string }): Promise<string>;
  /**
   * The session of a token, if it has neither ended nor been idle too long and its person is not
   * disabled.
   */
  find(token: string): Promise<Session | undefined>;
  /** A person's open sessions, newest first. */
  listOf(userId: number): Promise<SessionListing[]>;
  /** Ends one session of a person; false when it is not theirs. */
  end(userId: number, id: number): Promise<boolean>;
  /** Ends a person's sessions but for `except`, and returns how many. */
  endAll(userId: number, except?: number): Promise<number>;
  /** Deletes what has expired, and returns how many. */
  sweep(): Promise<number>;
}

export function createSessionStore(database: Database): SessionStore {
  const limits = database.raw(
    "(case u.role when 'user' then ?::integer else ?::integer end * interval '1 second')",
    [lifetimes.user.idle, lifetimes.staff.idle],
  );

  return {
    async start(userId: number, role: Role, from: { address: string; userAgent: string }): Promise<string> {
      const token = randomBytes(32).toString("base64url");
      await database("sessions").insert({
        token_hash: hashOf(token),
        user_id: userId,
        expires_at: database.raw("now() + ? * interval '1 second'", [lifetimes[role].absolute]),
        address: from.address,
        user_agent: from.userAgent.slice(0, 400),
      });
      return token;
    },

    async find(token: string): Promise<Session | undefined> {
      const [row] = await database("sessions as s")
        .join("users as u", "u.id", "s.user_id")
        .where("s.token_hash", hashOf(token))
        .whereNull("u.disabled_at")
        .where("s.expires_at", ">", database.fn.now())
        .where("s.last_seen_at", ">", database.raw("now() - ?", [limits]))
        .select<SessionRow[]>(
          "s.id",
          "s.created_at",
          database.raw("s.last_seen_at < now() - ? * interval '1 second' as stale", [seenEvery]),
          "u.id as user_id",
          "u.email",
          "u.name",
          "u.role",
          database.raw("u.totp_confirmed_at is not null as totp"),
          database.raw(
            "(select jsonb_object_agg(p.resource, p.level) from permissions p where p.user_id = u.id) as permissions",
          ),
        );
      if (!row) return undefined;
      if (row.stale)
        await database("sessions").where({ id: row.id }).update({ last_seen_at: database.fn.now() });
      return {
        id: row.id,
        authenticatedAt: row.created_at,
        person: {
          id: row.user_id,
          email: row.email,
          name: row.name,
          role: row.role,
          permissions: row.permissions ?? {},
          hasSecondFactor: row.totp,
        },
      };
    },

    async listOf(userId: number): Promise<SessionListing[]> {
      return database("sessions")
        .where({ user_id: userId })
        .where("expires_at", ">", database.fn.now())
        .orderBy("id", "desc")
        .select<SessionListing[]>("id", "created_at", "last_seen_at", "address", "user_agent");
    },

    async end(userId: number, id: number): Promise<boolean> {
      return (await database("sessions").where({ user_id: userId, id }).delete()) > 0;
    },

    async endAll(userId: number, except?: number): Promise<number> {
      const query = database("sessions").where({ user_id: userId });
      if (except !== undefined) void query.whereNot({ id: except });
      return query.delete();
    },

    async sweep(): Promise<number> {
      return database("sessions").where("expires_at", "<", database.fn.now()).delete();
    },
  };
}
