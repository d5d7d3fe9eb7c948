import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { pino } from "pino";
import { settleLogs } from "../src/platform/audit/settle-logs.ts";
import { type Database, openDatabase } from "../src/platform/database/open-database.ts";
import { createTestDatabase, isLite, type TestDatabase } from "./support/test-database.ts";

let home: TestDatabase;
let serving: Database;

await describe("the role of requests and jobs", { skip: isLite && "PGlite has one role" }, () => {
  before(async () => {
    home = await createTestDatabase();
    serving = openDatabase(home.serving, { applicationName: "tests", log: pino({ level: "silent" }) });
    await home.database.raw(`
      insert into users (email, name, password_hash) values ('ada@example.test', 'Ada', '-');
      insert into audit_events (event, actor_id) select 'login', id from users;
      insert into changes (resource, row_id, action, actor_id, fields) select 'customers', 1, 'create', id, '{}' from users;
    `);
  });
  after(async () => {
    await serving.destroy();
    await home.drop();
  });

  for (const statement of [
    "create table own (id int)",
    "create temporary table own (id int)",
    "create schema own",
    "create function own() returns int language sql as 'select 1'",
    "create index own on users (name)",
    "alter table users add column own text",
    "alter table audit_events disable trigger all",
    "drop table customers",
    "drop schema jobs cascade",
    "truncate throttles",
    "create table jobs.own (id int)",
    "update audit_events set event = 'logout'",
    "delete from audit_events",
    "truncate audit_events",
    "update changes set action = 'delete'",
    "delete from changes",
    "truncate changes",
    "update log_retention set days = 1",
    "insert into log_retention (log, days) values ('changes', 1)",
    "delete from knex_migrations",
    "insert into knex_migrations (name) values ('forged')",
    "update knex_migrations_lock set is_locked = 1",
    "create role own",
    "create or replace function sweep_changes() returns bigint language sql as 'select 1'",
  ]) {
    test(`is refused: ${statement}`, async () => {
      await assert.rejects(serving.raw(statement), { code: /^(?:42501|0LP01)$/ });
    });
  }

  test("adds to the logs, reads them, and deletes people whose lines stay", async () => {
    await serving("audit_events").insert({ event: "logout" });
    await serving("users").delete();
    const { rows } = await serving.raw<{ rows: object[] }>(
      "select (select count(*) from audit_events where actor_id is null) as audit, (select count(*) from changes where actor_id is null) as changes",
    );
    assert.deepEqual(rows, [{ audit: 2, changes: 1 }]);
  });

  test("has the same rights after a migration that was run once more, and after rights that were given by hand", async () => {
    const rights = async () => {
      const { rows } = await home.database.raw<{ rows: { name: string; acl: string }[] }>(
        "select relname as name, relacl::text as acl from pg_class where relkind = 'r' and relacl is not null and relnamespace = 'public'::regnamespace order by 1",
      );
      return rows;
    };
    const before = await rights();
    await home.database.raw(`grant all on audit_events, knex_migrations to ${home.serving.user}`);
    assert.notDeepEqual(await rights(), before);
    for (let turn = 0; turn < 2; turn += 1) {
      await settleLogs(home.database, { auditDays: 1, historyDays: 1 });
      assert.deepEqual(await rights(), before);
    }
  });
});
