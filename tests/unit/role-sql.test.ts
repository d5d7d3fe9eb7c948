import assert from "node:assert/strict";
import { test } from "node:test";
import { roleSql } from "../../infra/rendering/role-sql.ts";
import { scramVerifier } from "../../infra/rendering/scram-verifier.ts";

test("a verifier has the form that Postgres stores, and is the same for the same input", () => {
  const verifier = scramVerifier("app_a", "correct horse");
  assert.match(verifier, /^SCRAM-SHA-256\$4096:[\w+/]{22}==\$[\w+/]{43}=:[\w+/]{43}=$/);
  assert.equal(verifier, scramVerifier("app_a", "correct horse"));
  assert.notEqual(verifier, scramVerifier("app_b", "correct horse"));
});

const names = { database: "app", owner: "app_owner", rows: "app_rows" };

test("no statement holds a password", () => {
  const sql = roleSql(names, "superuser-secret", [
    { name: "app_rows_a", password: "role-secret", as: "rows" },
  ]);
  assert.ok(!sql.includes("role-secret"));
  assert.ok(
    sql.includes(
      `ALTER ROLE app_rows_a LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '${scramVerifier("app_rows_a", "role-secret")}';`,
    ),
  );
  assert.ok(sql.includes("ALTER ROLE app_rows_a SET log_min_messages = 'log';"));
  assert.ok(!sql.includes("superuser-secret"));
});

test("a login has the rights of the owner, as which it acts, or rights on rows", () => {
  const sql = roleSql(names, "superuser-secret", [
    { name: "app_rows_a", password: "one", as: "rows" },
    { name: "app_migration", password: "two", as: "owner" },
  ]);
  const lines = sql.split("\n").filter((line) => /^GRANT app_|SET role/.test(line));
  assert.deepEqual(lines, [
    "GRANT app_rows TO app_rows_a;",
    "GRANT app_owner TO app_migration;",
    "ALTER ROLE app_migration IN DATABASE app SET role = 'app_owner';",
  ]);
});

test("the server's log leaves out rows, statements and bound values, and a running server takes that over", () => {
  const sql = roleSql(names, "superuser-secret", []);
  const lines = sql.slice(0, sql.indexOf("BEGIN;")).split("\n");
  const reload = lines.indexOf("SELECT pg_reload_conf();");
  for (const setting of ["log_error_verbosity = 'terse'", "log_min_error_statement = 'panic'"]) {
    const at = lines.indexOf(`ALTER SYSTEM SET ${setting};`);
    assert.ok(at >= 0 && at < reload, setting);
  }
});
