import { createHash, randomBytes } from "node:crypto";
import type { Database } from "../database/open-database.ts";
import { defineStatement, runStatement, type Statement } from "../database/statement.ts";
import { type HeldRights, rightsOf } from "./rights.ts";
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

/** A row of another table that is looked up in the same round trip as the session. */
export interface RowLookup {
  /** A query of one row by its key, which is $2. Its columns do not begin with `session_`. */
  readonly text: string;
  readonly key: unknown;
}

/** A session that is valid now, and the row that was looked up with it, if there is one. */
export interface FoundSession {
  readonly session: Session;
  readonly row: Readonly<Record<string, unknown>> | undefined;
}

interface SessionRow {
  session_id: number;
  session_created_at: Date;
  session_stale: boolean;
  session_user_id: number;
  session_viewer_id: number | null;
  session_email: string;
  session_name: string;
  session_role: Role;
  session_totp: boolean;
  session_permissions: HeldRights | null;
  /** Whether the other table has the row. */
  session_row: boolean | null;
}

const seconds = (count: number) => `interval '${count} seconds'`;

const valid = `select s.id as session_id, s.created_at as session_created_at,
    s.last_seen_at < now() - ${seconds(seenEvery)} as session_stale,
    u.id as session_user_id, u.email as session_email, u.name as session_name, u.role as session_role,
    case when s.viewing_id is not null then s.user_id end as session_viewer_id,
    (u.totp_confirmed_at is not null or s.viewing_id is not null) as session_totp,
    (select jsonb_object_agg(p.resource, coalesce(to_jsonb(p.actions), to_jsonb(p.level))) from permissions p where p.user_id = u.id) as session_permissions
  from sessions s join users u on u.id = coalesce(s.viewing_id, s.user_id)
  where s.token_hash = $1 and u.disabled_at is null and s.expires_at > now() and s.last_seen_at > now()
    - case when u.role = 'user' and s.viewing_id is null then ${seconds(lifetimes.user.idle)} else ${seconds(lifetimes.staff.idle)} end
    and (s.viewing_id is null
      or exists (select from users v where v.id = s.user_id and v.role = 'admin' and v.disabled_at is null))`;

const alone = defineStatement(valid);

/** One for each text of a lookup, of which there are as many as routes that have one. */
const combined = new Map<string, Statement>();

function statementWith(text: string): Statement {
  const known = combined.get(text);
  if (known) return known;
  const made = defineStatement(
    `select * from (${valid}) as visitor left join lateral (select true as session_row, found.* from (${text}) as found) as found on true`,
  );
  combined.set(text, made);
  return made;
}

/** What the lookup gave, without the columns of the session. */
function rowIn(found: SessionRow): FoundSession["row"] {
  if (found.session_row !== true) return undefined;
  return Object.fromEntries(Object.entries(found).filter(([name]) => !name.startsWith("session_")));
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
   * disabled. With `lookup` one statement answers both, so that a session that has just ended
   * anywhere opens no row.
   */
  find(token: string, lookup?: RowLookup): Promise<FoundSession | undefined>;
  /** Lets an administrator's session look as somebody else; as themselves, if undefined. */
  viewAs(id: number, userId: number | undefined): Promise<void>;
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

    async find(token: string, lookup?: RowLookup): Promise<FoundSession | undefined> {
      const hash = hashOf(token);
      const [row] = await (lookup === undefined
        ? runStatement<SessionRow>(database, alone, [hash])
        : runStatement<SessionRow>(database, statementWith(lookup.text), [hash, lookup.key]));
      if (!row) return undefined;
      if (row.session_stale)
        await database("sessions").where({ id: row.session_id }).update({ last_seen_at: database.fn.now() });
      return {
        session: {
          id: row.session_id,
          authenticatedAt: row.session_created_at,
          viewerId: row.session_viewer_id ?? undefined,
          person: {
            id: row.session_user_id,
            email: row.session_email,
            name: row.session_name,
            role: row.session_role,
            permissions: rightsOf(row.session_permissions),
            hasSecondFactor: row.session_totp,
          },
        },
        row: rowIn(row),
      };
    },

    async viewAs(id, userId) {
      await database("sessions")
        .where({ id })
        .update({ viewing_id: userId ?? null });
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
