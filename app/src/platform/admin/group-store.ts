import { settleRights } from "../accounts/settle-rights.ts";
import type { Database } from "../database/open-database.ts";
import type { Action, Rights } from "../sessions/session.ts";

/** A group as a list shows it. */
export interface Group {
  readonly id: number;
  readonly name: string;
}

interface GroupListing extends Group {
  readonly members: number;
  readonly rights: Rights;
}

interface GroupChange {
  readonly name: string;
  readonly rights: Rights;
}

/** Members shown on one page at most. */
const mostMembers = 200;

/** The queries on groups. Each change settles the rights of the group's members. */
export function createGroupStore(database: Database) {
  const membersOf = async (on: Database, id: number) =>
    (await on("group_members").where({ group_id: id }).select<{ user_id: number }[]>("user_id")).map(
      (row) => row.user_id,
    );

  /** Locks a group against new members; false if it is gone. Comes before any lock of a user. */
  const lock = async (transaction: Database, id: number) =>
    (await transaction("groups").where({ id }).forUpdate().select("id")).length > 0;

  const writeRights = async (transaction: Database, id: number, rights: Rights) => {
    await transaction("group_permissions").where({ group_id: id }).delete();
    const rows = Object.entries(rights).map(([resource, actions]) => ({
      group_id: id,
      resource,
      actions: [...actions],
    }));
    if (rows.length > 0) await transaction("group_permissions").insert(rows);
    await settleRights(transaction, await membersOf(transaction, id));
  };

  const rightsOf = async (ids: readonly number[]): Promise<ReadonlyMap<number, Rights>> => {
    const rows = await database("group_permissions")
      .whereIn("group_id", [...ids])
      .orderBy(["group_id", "resource"])
      .select<{ group_id: number; resource: string; actions: Action[] }[]>("group_id", "resource", "actions");
    const byGroup = Map.groupBy(rows, (row) => row.group_id);
    return new Map(
      [...byGroup].map(([id, held]) => [
        id,
        Object.fromEntries(held.map(({ resource, actions }) => [resource, actions])),
      ]),
    );
  };

  return {
    /** By name. */
    async all(): Promise<Group[]> {
      return database("groups").orderByRaw("lower(name)").select<Group[]>("id", "name");
    },

    /** By name, with their rights and the number of their members. */
    async list(): Promise<GroupListing[]> {
      const rows = await database("groups")
        .orderByRaw("lower(name)")
        .select<(Group & { members: number })[]>(
          "id",
          "name",
          database.raw("(select count(*)::int from group_members where group_id = groups.id) as members"),
        );
      const rights = await rightsOf(rows.map(({ id }) => id));
      return rows.map((row) => ({ ...row, rights: rights.get(row.id) ?? {} }));
    },

    async find(id: number): Promise<(Group & { readonly rights: Rights }) | undefined> {
      const row = await database("groups").where({ id }).first<Group | undefined>("id", "name");
      return row && { ...row, rights: (await rightsOf([id])).get(id) ?? {} };
    },

    /** The first members, by name. */
    async members(id: number): Promise<{ id: number; name: string; email: string }[]> {
      return database("group_members")
        .join("users", "users.id", "group_members.user_id")
        .where({ group_id: id })
        .orderBy("users.name")
        .limit(mostMembers)
        .select<{ id: number; name: string; email: string }[]>("users.id", "users.name", "users.email");
    },

    /** The groups of a user. */
    async ofUser(userId: number): Promise<number[]> {
      const rows = await database("group_members")
        .where({ user_id: userId })
        .select<{ group_id: number }[]>("group_id");
      return rows.map((row) => row.group_id);
    },

    /** Creates a group; undefined where another one has the name. */
    async create({ name, rights }: GroupChange): Promise<number | undefined> {
      return database.transaction(async (transaction) => {
        const [row] = await transaction("groups")
          .insert({ name })
          .onConflict(transaction.raw("(lower(name))"))
          .ignore()
          .returning<{ id: number }[]>("id");
        if (row) await writeRights(transaction, row.id, rights);
        return row?.id;
      });
    },

    /** Changes a group as a whole, if it is there; false where another one has the name. */
    async change(id: number, { name, rights }: GroupChange): Promise<boolean> {
      return database.transaction(async (transaction) => {
        if (!(await lock(transaction, id))) return true;
        const taken = await transaction("groups")
          .whereRaw("lower(name) = lower(?)", [name])
          .whereNot({ id })
          .first<{ id: number } | undefined>("id");
        if (taken) return false;
        await transaction("groups").where({ id }).update({ name });
        await writeRights(transaction, id, rights);
        return true;
      });
    },

    async delete(id: number): Promise<void> {
      await database.transaction(async (transaction) => {
        if (!(await lock(transaction, id))) return;
        // Members are locked before their memberships, as when an account is deleted.
        await writeRights(transaction, id, {});
        await transaction("groups").where({ id }).delete();
      });
    },
  };
}
