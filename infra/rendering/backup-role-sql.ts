import { inTurn } from "./in-turn-sql.ts";
import { scramVerifier } from "./scram-verifier.ts";

/** The role that reads the write-ahead log and makes backups. */
const backupRole = "berth_backup";

/** Write-ahead log that Postgres keeps for a stack whose backups were switched off, MiB. */
const leftBehind = 64;

/** Seconds after which Postgres closes a segment of its write-ahead log that holds something. */
const archiveTimeout = 30;

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** The functions of a server that a backup calls. */
const functions = [
  "pg_backup_start(text, boolean)",
  "pg_backup_stop(boolean)",
  "pg_create_restore_point(text)",
  "pg_switch_wal()",
];

/** What lets the role in for the write-ahead log: `all` does not name such connections. */
export const backupAccess = `host replication ${backupRole} all scram-sha-256`;

/**
 * SQL for psql that lets backups be made, and bounds what Postgres keeps for them. A running server
 * takes all of it over.
 * @param walLimit MiB of write-ahead log that Postgres keeps while nothing receives it
 */
export function backupRoleSql(password: string, walLimit: number): string {
  return [
    "\\set ON_ERROR_STOP on",
    inTurn,
    `SELECT 'CREATE ROLE ${backupRole}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(backupRole)}) \\gexec`,
    "BEGIN;",
    `ALTER ROLE ${backupRole} LOGIN REPLICATION NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${literal(scramVerifier(backupRole, password))};`,
    `GRANT CONNECT ON DATABASE postgres TO ${backupRole};`,
    `GRANT pg_read_all_settings, pg_read_all_stats TO ${backupRole};`,
    ...functions.map((name) => `GRANT EXECUTE ON FUNCTION ${name} TO ${backupRole};`),
    "COMMIT;",
    `ALTER SYSTEM SET max_slot_wal_keep_size = '${walLimit}MB';`,
    `ALTER SYSTEM SET archive_timeout = '${archiveTimeout}s';`,
    "SELECT pg_reload_conf();",
    "",
  ].join("\n");
}

/**
 * SQL for psql once no backups are made any more. The replication slot stays: the next `up` may
 * want it again, and the log in between would be a gap.
 */
export const withoutBackupsSql = [
  `ALTER SYSTEM SET max_slot_wal_keep_size = '${leftBehind}MB';`,
  "ALTER SYSTEM RESET archive_timeout;",
  "SELECT pg_reload_conf();",
  "",
].join("\n");
