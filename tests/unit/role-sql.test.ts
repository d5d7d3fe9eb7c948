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

test("no statement holds a password", () => {
  const sql = roleSql("app", "app_owner", "superuser-secret", [{ name: "app_a", password: "role-secret" }]);
  assert.ok(!sql.includes("superuser-secret"));
  assert.ok(!sql.includes("role-secret"));
  assert.ok(
    sql.includes(
      `ALTER ROLE app_a LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '${scramVerifier("app_a", "role-secret")}';`,
    ),
  );
  assert.ok(sql.includes("GRANT app_owner TO app_a;"));
  assert.ok(sql.includes("ALTER ROLE app_a SET log_min_messages = 'log';"));
});

test("the server's log leaves out rows, statements and bound values, and a running server takes that over", () => {
  const sql = roleSql("app", "app_owner", "s", []);
  const lines = sql.slice(0, sql.indexOf("BEGIN;")).split("\n");
  const reload = lines.indexOf("SELECT pg_reload_conf();");
  for (const setting of ["log_error_verbosity = 'terse'", "log_min_error_statement = 'panic'"]) {
    const at = lines.indexOf(`ALTER SYSTEM SET ${setting};`);
    assert.ok(at >= 0 && at < reload, setting);
  }
});
