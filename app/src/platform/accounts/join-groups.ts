import type { Database } from "../database/open-database.ts";
import { settleRights } from "./settle-rights.ts";

/**
 * Those of some groups that are there; until the transaction ends they stay, and so do their
 * rights. Comes before any lock of a user, as in changes of groups: two never wait for each other.
 */
export async function holdGroups(transaction: Database, groups: readonly number[]): Promise<number[]> {
  if (groups.length === 0) return [];
  const rows = await transaction("groups")
    .whereIn("id", [...groups])
    .orderBy("id")
    .forShare()
    .select<{ id: number }[]>("id");
  return rows.map(({ id }) => id);
}

/** Makes a user a member of these groups, which are held, and of no others. */
export async function joinGroups(
  transaction: Database,
  userId: number,
  held: readonly number[],
): Promise<void> {
  await transaction("group_members").where({ user_id: userId }).delete();
  if (held.length > 0)
    await transaction("group_members").insert(held.map((id) => ({ user_id: userId, group_id: id })));
  await settleRights(transaction, [userId]);
}
