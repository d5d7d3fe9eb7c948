import { createHash, randomBytes } from "node:crypto";
import type { Database } from "../database/open-database.ts";

/** An invitation as lists show it. */
export interface Invitation {
  readonly id: number;
  readonly email: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  /** Address of the inviting person; null for the command, and once that account is gone. */
  readonly inviter: string | null;
  /** Names of the groups that the account will belong to. */
  readonly groups: readonly string[];
}

/** Days an invitation is good for. */
const invitationDays = 7;
/** Days that lists show an invitation after its end. */
const daysShown = 30;
const pageSize = 50;

const hashOf = (token: string) => createHash("sha256").update(token).digest();

/** The queries on invitations. A used or revoked one is deleted; the audit log keeps the event. */
export interface InvitationStore {
  /** Invites an address; an earlier invitation of the address stops working. */
  insert(
    on: Database,
    email: string,
    invitedBy: number | undefined,
    groups: readonly number[],
  ): Promise<Invitation>;
  /**
   * The groups that a token opens: those that are still there, while whoever gave them is still an
   * administrator.
   */
  groupsOf(on: Database, token: string): Promise<number[]>;
  /** Makes the token of an invitation's link; an earlier one stops working. */
  newToken(id: number, on?: Database): Promise<{ email: string; token: string; expires: Date } | undefined>;
  /** The address that a token invites, while it is good. */
  addressOf(token: string): Promise<string | undefined>;
  /** Uses an invitation up; only one caller gets true. */
  take(on: Database, token: string): Promise<boolean>;
  /** Newest first, ended ones included. */
  list(after?: number): Promise<{ rows: Invitation[]; next: number | undefined }>;
  /** Deletes an invitation, and returns whose it was. */
  revoke(id: number): Promise<string | undefined>;
  /** Deletes invitations that ended long ago. */
  sweep(): Promise<void>;
}

export function createInvitationStore(database: Database): InvitationStore {
  const good = (on: Database, token: string) =>
    on("invitations")
      .where({ token_hash: hashOf(token) })
      .where("expires_at", ">", database.fn.now());
  const columns = ["id", "email", "created_at", "expires_at"].map((name) => `invitations.${name}`);

  return {
    async insert(on, email, invitedBy, groups) {
      await on("invitations").where({ email }).delete();
      const [row] = await on("invitations")
        .insert({
          email,
          invited_by: invitedBy ?? null,
          expires_at: database.raw("now() + ? * interval '1 day'", [invitationDays]),
        })
        .returning<Omit<Invitation, "inviter" | "groups">[]>(columns);
      if (!row) throw new Error("Postgres returned no row of an insert.");
      if (groups.length > 0)
        await on("invitation_groups").insert(groups.map((id) => ({ invitation_id: row.id, group_id: id })));
      return { ...row, inviter: null, groups: [] };
    },

    async groupsOf(on, token) {
      const rows = await good(on, token)
        .join("users", "users.id", "invitations.invited_by")
        .join("invitation_groups", "invitation_groups.invitation_id", "invitations.id")
        .where({ role: "admin", disabled_at: null })
        .select<{ group_id: number }[]>("group_id");
      return rows.map((row) => row.group_id);
    },

    async newToken(id, on = database) {
      const token = randomBytes(32).toString("base64url");
      const [row] = await on("invitations")
        .where({ id })
        .where("expires_at", ">", database.fn.now())
        .update({ token_hash: hashOf(token) })
        .returning<{ email: string; expires_at: Date }[]>(["email", "expires_at"]);
      return row && { email: row.email, token, expires: row.expires_at };
    },

    async addressOf(token) {
      return (await good(database, token).first<{ email: string } | undefined>("email"))?.email;
    },

    async take(on, token) {
      return (await good(on, token).delete()) > 0;
    },

    async list(after) {
      const groups = database.raw(
        `array(select g.name from invitation_groups i join groups g on g.id = i.group_id
          where i.invitation_id = invitations.id order by lower(g.name)) as groups`,
      );
      const query = database("invitations")
        .leftJoin("users", "users.id", "invitations.invited_by")
        .orderBy("invitations.id", "desc")
        .limit(pageSize + 1);
      if (after !== undefined) void query.where("invitations.id", "<", after);
      const found = await query.select<Invitation[]>(...columns, "users.email as inviter", groups);
      const rows = found.slice(0, pageSize);
      return { rows, next: found.length > pageSize ? rows.at(-1)?.id : undefined };
    },

    async revoke(id) {
      const [row] = await database("invitations")
        .where({ id })
        .delete()
        .returning<{ email: string }[]>("email");
      return row?.email;
    },

    async sweep() {
      await database("invitations")
        .where("expires_at", "<", database.raw("now() - ? * interval '1 day'", [daysShown]))
        .delete();
    },
  };
}
