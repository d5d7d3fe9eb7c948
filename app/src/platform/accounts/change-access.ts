import type { Database } from "../database/open-database.ts";
import type { Role } from "../sessions/session.ts";

/** What changes with every write to a user. */
export const touched = (on: Database) => ({ updated_at: on.fn.now(), version: on.raw("version + 1") });

/** Gives a user another role. Sessions end with it, for they began with other rights. */
export async function changeRole(transaction: Database, id: number, role: Role): Promise<void> {
  const changed = await transaction("users")
    .where({ id })
    .whereNot({ role })
    .update({ role, ...touched(transaction) });
  if (changed > 0) await transaction("sessions").where({ user_id: id }).delete();
}

/** Sets a password and ends every session of the old one, except `except`. */
export async function setPassword(
  transaction: Database,
  id: number,
  passwordHash: string,
  except?: number,
): Promise<void> {
  const [user] = await transaction("users")
    .where({ id })
    .update({ password_hash: passwordHash, ...touched(transaction) })
    .returning<{ email: string }[]>("email");
  const sessions = transaction("sessions").where({ user_id: id });
  if (except !== undefined) void sessions.whereNot({ id: except });
  await sessions.delete();
  if (user) await transaction("one_time_codes").where({ email: user.email.toLowerCase() }).delete();
}
