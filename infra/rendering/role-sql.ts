import { inTurn } from "./in-turn-sql.ts";
import { scramVerifier } from "./scram-verifier.ts";

/** A role that logs in, its password, and the role whose rights it has. */
export interface LoginRole {
  readonly name: string;
  readonly password: string;
  /**
   * As the owner, whatever it makes is the owner's: it acts as that role from its first statement
   * on.
   */
  readonly as: "owner" | "rows";
}

/** The roles of a database that own it and use it; neither has a login. */
export interface DatabaseRoleNames {
  readonly database: string;
  readonly owner: string;
  readonly rows: string;
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

const rowRights = "SELECT, INSERT, UPDATE, DELETE";
const sequenceRights = "USAGE, SELECT";

/**
 * SQL for psql, inside the database, that opens the rows of all that the owner made, and will make,
 * to the role of requests. What that role may read already stays as it is: a migration may have
 * taken rights from it, on an audit log for example.
 */
export function rowsSql({ owner, rows }: Omit<DatabaseRoleNames, "database">): string {
  const own = `relowner = ${literal(owner)}::regrole`;
  const byDefault = `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT`;
  return [
    `${byDefault} USAGE ON SCHEMAS TO ${rows};`,
    `${byDefault} ${rowRights} ON TABLES TO ${rows};`,
    `${byDefault} ${sequenceRights} ON SEQUENCES TO ${rows};`,
    `SELECT format('GRANT USAGE ON SCHEMA %I TO ${rows}', nspname) FROM pg_namespace WHERE nspowner = ${literal(owner)}::regrole AND NOT has_schema_privilege(${literal(rows)}, oid, 'USAGE') \\gexec`,
    `SELECT format('GRANT ${rowRights} ON %s TO ${rows}', oid::regclass) FROM pg_class WHERE ${own} AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT has_table_privilege(${literal(rows)}, oid, 'SELECT') \\gexec`,
    `SELECT format('GRANT ${sequenceRights} ON %s TO ${rows}', oid::regclass) FROM pg_class WHERE ${own} AND CASE relkind WHEN 'S' THEN NOT has_sequence_privilege(${literal(rows)}, oid, 'USAGE') END \\gexec`,
    "",
  ].join("\n");
}

function loginSql({ name, password, as }: LoginRole, { database, ...roles }: DatabaseRoleNames): string[] {
  return [
    `ALTER ROLE ${name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${literal(scramVerifier(name, password))};`,
    `GRANT ${roles[as]} TO ${name};`,
    `ALTER ROLE ${name} SET log_min_messages = ${literal(loginLogLevel)};`,
    ...(as === "owner"
      ? [`ALTER ROLE ${name} IN DATABASE ${database} SET role = ${literal(roles.owner)};`]
      : []),
    `GRANT CONNECT ON DATABASE ${database} TO ${name};`,
  ];
}

/**
 * SQL for psql that brings roles and database into the wanted state, whatever the state before: a
 * superuser password as given, an owner without a login, and roles that log in, each with the
 * rights of the owner or with rights on rows only.
 */
export function roleSql(
  names: DatabaseRoleNames,
  superuserPassword: string,
  logins: readonly LoginRole[],
): string {
  const { database, owner, rows } = names;
  return [
    "\\set ON_ERROR_STOP on",
    "SET client_min_messages = warning;",
    inTurn,
    ...Object.entries(withoutValues).map(([name, value]) => `ALTER SYSTEM SET ${name} = ${literal(value)};`),
    "SELECT pg_reload_conf();",
    ...[owner, rows, ...logins.map((login) => login.name)].map(ensureRole),
    `SELECT 'CREATE DATABASE ${database} OWNER ${owner}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = ${literal(database)}) \\gexec`,
    "BEGIN;",
    `ALTER ROLE postgres PASSWORD ${literal(scramVerifier("postgres", superuserPassword))};`,
    `ALTER ROLE ${owner} NOLOGIN;`,
    `ALTER ROLE ${rows} NOLOGIN;`,
    // Set while data is copied to another version, and left behind if that was given up.
    `ALTER DATABASE ${database} RESET default_transaction_read_only;`,
    `REVOKE ALL ON DATABASE ${database}, postgres, template1 FROM PUBLIC;`,
    ...logins.flatMap((login) => loginSql(login, names)),
    "COMMIT;",
    `\\connect ${database}`,
    `ALTER SCHEMA public OWNER TO ${owner};`,
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
    rowsSql(names),
  ].join("\n");
}
