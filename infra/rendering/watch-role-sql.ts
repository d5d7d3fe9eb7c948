import { inTurn } from "./in-turn-sql.ts";
import { scramVerifier } from "./scram-verifier.ts";

/** The role that the watcher logs in as. */
const watchRole = "berth_watch";

/** Schemas of pg-boss: the one that berth's own applications use, and the library's own. */
const jobSchemas = ["jobs", "pgboss"];

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** The columns that say how long a queue is; what a job holds is not among them. */
function mayCount(schema: string): string {
  return [
    `SELECT format(g, ${literal(schema)}) FROM (VALUES`,
    `('GRANT USAGE ON SCHEMA %I TO ${watchRole}'),`,
    `('GRANT SELECT (name, state, start_after) ON %I.job TO ${watchRole}'),`,
    `('GRANT SELECT (name, dead_letter) ON %I.queue TO ${watchRole}')`,
    `) grants(g) WHERE to_regclass(${literal(`${schema}.job`)}) IS NOT NULL AND to_regclass(${literal(`${schema}.queue`)}) IS NOT NULL \\gexec`,
  ].join(" ");
}

/**
 * SQL for psql that lets the watcher see who is connected and how long queues are, and no row of
 * the application's.
 */
export function watchRoleSql(password: string, database: string): string {
  return [
    "\\set ON_ERROR_STOP on",
    inTurn,
    `SELECT 'CREATE ROLE ${watchRole}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(watchRole)}) \\gexec`,
    "BEGIN;",
    `ALTER ROLE ${watchRole} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 3 PASSWORD ${literal(scramVerifier(watchRole, password))};`,
    `GRANT CONNECT ON DATABASE ${database} TO ${watchRole};`,
    `GRANT pg_read_all_settings, pg_read_all_stats TO ${watchRole};`,
    "COMMIT;",
    `\\connect ${database}`,
    ...jobSchemas.map(mayCount),
    "",
  ].join("\n");
}

/** SQL for psql once nothing watches any more. */
export const withoutWatchSql = `ALTER ROLE ${watchRole} NOLOGIN;\n`;
