import { changeRole } from "../accounts/change-access.ts";
import { holdGroups, joinGroups } from "../accounts/join-groups.ts";
import type { Database } from "../database/open-database.ts";
import { type HeldRights, rightsOf } from "../sessions/rights.ts";
import type { Action, Rights, Role } from "../sessions/session.ts";

/** A user as the admin interface shows one. */
export interface UserListing {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly totp_confirmed_at: Date | null;
  readonly disabled_at: Date | null;
  readonly created_at: Date;
}

interface UserChange {
  readonly name: string;
  readonly role: Role;
  readonly disabled: boolean;
  /** Their own; those of groups come on top. */
  readonly rights: Rights;
  readonly groups: readonly number[];
}

const columns = ["id", "email", "name", "role", "totp_confirmed_at", "disabled_at", "created_at"] as const;
const pageSize = 50;

/** Administrators see everything as themselves; who is disabled sees nothing. */
export const mayBeViewedAs = ({ role, disabled_at: disabledAt }: UserListing): boolean =>
  role !== "admin" && disabledAt === null;

/** Lets those who look as a user see as themselves again. */
const lookAway = (on: Database, id: number) =>
  on("sessions").where({ viewing_id: id }).update({ viewing_id: null });

/** The queries of the pages on users. */
export function createUserStore(database: Database) {
  return {
    /** Newest first; `search` is the beginning of an e-mail address, or part of a name. */
    async list(
      search: string | undefined,
      after: number | undefined,
    ): Promise<{ rows: UserListing[]; next: number | undefined }> {
      const query = database("users")
        .orderBy("id", "desc")
        .limit(pageSize + 1);
      if (after !== undefined) void query.where("id", "<", after);
      if (search) {
        const pattern = search.toLowerCase().replaceAll(/[\\%_]/g, "\\$&");
        void query.whereRaw("(lower(email) like ? or lower(name) like ?)", [`${pattern}%`, `%${pattern}%`]);
      }
      const found = await query.select<UserListing[]>(...columns);
      const rows = found.slice(0, pageSize);
      return { rows, next: found.length > pageSize ? rows.at(-1)?.id : undefined };
    },

    async find(id: number): Promise<UserListing | undefined> {
      return database("users")
        .where({ id })
        .first<UserListing | undefined>(...columns);
    },

    /** What a user was given, and what they may do by their groups alone. */
    async rightsOf(id: number): Promise<{ readonly own: Rights; readonly byGroups: Rights }> {
      const rows = await database("permissions")
        .where({ user_id: id })
        .select<{ resource: string; level: string; own: Action[] | null; actions: Action[] | null }[]>("*");
      const of = (column: "own" | "actions"): HeldRights =>
        Object.fromEntries(rows.map((row) => [row.resource, row[column] ?? row.level]));
      const own = rightsOf(of("own"));
      const more = Object.entries(rightsOf(of("actions"))).map(
        ([resource, may]) => [resource, may.filter((action) => !own[resource]?.includes(action))] as const,
      );
      return { own, byGroups: Object.fromEntries(more) };
    },

    /** Deletes an account with its sessions and permissions; what it did keeps no name. */
    async delete(id: number): Promise<void> {
      await database.transaction(async (transaction) => {
        await lookAway(transaction, id);
        await transaction("users").where({ id }).delete();
      });
    },

    /**
     * Changes a user as a whole. A user who loses rights or is disabled also loses all sessions.
     */
    async change(id: number, { name, role, disabled, rights, groups }: UserChange): Promise<void> {
      await database.transaction(async (transaction) => {
        const held = await holdGroups(transaction, groups);
        await changeRole(transaction, id, role);
        await transaction("users")
          .where({ id })
          .update({
            name,
            disabled_at: disabled ? transaction.raw("coalesce(disabled_at, now())") : null,
            updated_at: transaction.fn.now(),
            version: transaction.raw("version + 1"),
          });
        await transaction("permissions").where({ user_id: id }).delete();
        const given = Object.entries(rights).map(([resource, actions]) => ({
          user_id: id,
          resource,
          own: [...actions],
          level: "view",
        }));
        if (given.length > 0) await transaction("permissions").insert(given);
        await joinGroups(transaction, id, held);
        if (disabled) {
          await lookAway(transaction, id);
          await transaction("sessions").where({ user_id: id }).delete();
        }
      });
    },
  };
}
