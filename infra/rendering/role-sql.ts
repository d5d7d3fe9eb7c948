import { scramVerifier } from "./scram-verifier.ts";

/** A role that logs in, and its password. */
export interface LoginRole {
  readonly name: string;
  readonly password: string;
}

/**
 * Settings that keep rows and statements out of the server's log: no `DETAIL: Key (email)=(…)`, no
 * `CONTEXT`, no `STATEMENT`, no bound values. A running server takes them over, so that a change of
 * them restarts nothing.
 * https://www.postgresql.org/docs/17/runtime-config-logging.html
 */
const withoutValues = {
  log_error_verbosity: "terse",
  log_min_error_statement: "panic",
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
};

/**
 * From which level on the server's log has what a login's statements meet. Messages of errors quote
 * values too (`invalid input syntax for type integer: "…"`), so errors stay out; the application
 * logs them, with SQLSTATE and without values. Slow statements and lock waits, which are of level
 * LOG, and FATAL stay in. https://www.postgresql.org/docs/17/runtime-config-logging.html
 */
const loginLogLevel = "log";

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

function ensureRole(name: string): string {
  return `SELECT 'CREATE ROLE ${name}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(name)}) \\gexec`;
}

/**
 * SQL for psql that brings roles and database into the wanted state, whatever the state before: a
 * superuser password as given, an owner without a login, and roles that log in and act as the
 * owner, so that all objects belong to the owner.
 */
export function roleSql(
  database: string,
  owner: string,
  superuserPassword: string,
  logins: readonly LoginRole[],
): string {
  return [
    "\\set ON_ERROR_STOP on",
    "SET client_min_messages = warning;",
    ...Object.entries(withoutValues).map(([name, value]) => `ALTER SYSTEM SET ${name} = ${literal(value)};`),
    "SELECT pg_reload_conf();",
    ...[owner, ...logins.map((login) => login.name)].map(ensureRole),
    `SELECT 'CREATE DATABASE ${database} OWNER ${owner}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = ${literal(database)}) \\gexec`,
    "BEGIN;",
    `ALTER ROLE postgres PASSWORD ${literal(scramVerifier("postgres", superuserPassword))};`,
    `ALTER ROLE ${owner} NOLOGIN;`,
    // Set while data is copied to another version, and left behind if that was given up.
    `ALTER DATABASE ${database} RESET default_transaction_read_only;`,
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC;`,
    ...logins.flatMap((login) => [
      `ALTER ROLE ${login.name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${literal(scramVerifier(login.name, login.password))};`,
      `GRANT ${owner} TO ${login.name};`,
      `ALTER ROLE ${login.name} SET log_min_messages = ${literal(loginLogLevel)};`,
      `ALTER ROLE ${login.name} IN DATABASE ${database} SET role = ${literal(owner)};`,
      `GRANT CONNECT ON DATABASE ${database} TO ${login.name};`,
    ]),
    "COMMIT;",
    `\\connect ${database}`,
    `ALTER SCHEMA public OWNER TO ${owner};`,
    "",
  ].join("\n");
}
