import { migrationLockTable, migrationTable } from "../database/migration-status.ts";
import type { Database } from "../database/open-database.ts";

/** Tables that grow at their end only. */
const appended = ["audit_events", "changes"];
/** Tables that requests read. */
const read = [migrationTable, migrationLockTable, "log_retention"];

/** How many days each log is kept; 0 for ever. */
export interface LogDays {
  readonly auditDays: number;
  readonly historyDays: number;
}

/**
 * Leaves every role but the owner with SELECT and INSERT on the logs, and with SELECT on the books
 * of the migrations and on the logs' retention, which it writes down. Roles that have no rights on
 * a table get none. To be run as the tables' owner, after migrating.
 */
export async function settleLogs(database: Database, days: LogDays): Promise<void> {
  const { rows } = await database.raw<{ rows: { statement: string }[] }>(
    `select format('revoke all on %1$s from %2$s; grant %3$s on %1$s to %2$s', c.oid::regclass,
        case a.grantee when 0 then 'public' else a.grantee::regrole::text end, wanted.rights) as statement
      from (
        select name, 'SELECT, INSERT' as rights from unnest(cast(:appended as text[])) as name
        union all select name, 'SELECT' from unnest(cast(:read as text[])) as name
      ) as wanted, pg_class c, aclexplode(c.relacl) a
      where c.oid = to_regclass(wanted.name) and a.grantee <> c.relowner
      group by c.oid, a.grantee, wanted.rights
      having bool_or(a.privilege_type <> all (string_to_array(wanted.rights, ', ')))`,
    { appended, read },
  );
  await database.transaction(async (transaction) => {
    for (const { statement } of rows) await transaction.raw(statement);
    await transaction("log_retention")
      .insert([
        { log: "audit_events", days: days.auditDays },
        { log: "changes", days: days.historyDays },
      ])
      .onConflict("log")
      .merge();
  });
}
