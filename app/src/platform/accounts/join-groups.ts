import type { Database } from "../database/open-database.ts";
import { settleRights } from "./settle-rights.ts";

/** Makes a user a member of these groups and of no others. */
export async function joinGroups(
  transaction: Database,
  userId: number,
  groups: readonly number[],
): Promise<void> {
  await transaction("group_members").where({ user_id: userId }).delete();
  if (groups.length > 0)
    await transaction("group_members").insert(groups.map((id) => ({ user_id: userId, group_id: id })));
  await settleRights(transaction, [userId]);
}
