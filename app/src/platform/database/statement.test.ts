import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pino } from "pino";
import { addUser } from "../../../tests/support/client.ts";
import { startTestApp } from "../../../tests/support/test-app.ts";
import { createTestDatabase, type TestDatabase } from "../../../tests/support/test-database.ts";
import { type Database, openDatabase } from "./open-database.ts";
import { defineStatement, runStatement } from "./statement.ts";

const silent = pino({ level: "silent" });

let home: TestDatabase;

before(async () => {
  home = await createTestDatabase();
});

after(async () => {
  await home.drop();
});

const several = Array.from({ length: 8 });

test("a statement that a migration has outdated is parsed anew, on every connection", async () => {
  await home.database.raw(
    "create table prepared (id integer, value integer); insert into prepared values (1, 7)",
  );
  const statement = defineStatement("select value from prepared where id = $1");
  const ask = () =>
    Promise.all(several.map(() => runStatement<{ value: unknown }>(home.database, statement, [1])));
  for (const [type, value] of [
    ["integer", 7],
    ["text", "7"],
    ["bigint", 7],
  ] as const) {
    await home.database.raw(`alter table prepared alter column value type ${type} using value::${type}`);
    for (const [row] of await ask()) assert.deepEqual(row, { value });
  }
});

/** Runs `use` with a pool of one connection. */
async function withOne(use: (database: Database) => Promise<void>) {
  const database = openDatabase(home.config, { applicationName: "tests", log: silent, poolMax: 1 });
  try {
    await use(database);
  } finally {
    await database.destroy();
  }
}

const namesOn = async (database: Database) =>
  (await database("pg_prepared_statements").pluck<string>("name")) as readonly string[];

test("another refusal is told at once, and costs no statement its name", async () => {
  await withOne(async (database) => {
    const refused = defineStatement("select count(*) from pg_class for update");
    await assert.rejects(runStatement(database, refused, []), { code: "0A000" });
    const next = defineStatement("select 1 as one");
    assert.deepEqual(await runStatement(database, next, []), [{ one: 1 }]);
    const names = await namesOn(database);
    assert.ok(names.includes(`${next.name ?? ""}.0`), names.join());
  });
});

test("behind a pooler, where connections have other statements than they were given, none has a name", async () => {
  const statement = defineStatement("select $1::integer as value");
  const ask = async (database: Database) => {
    assert.deepEqual(await runStatement(database, statement, [7]), [{ value: 7 }]);
  };
  await withOne(async (database) => {
    await ask(database);
    await database.raw("deallocate all");
    await ask(database);
    await ask(database);
    assert.deepEqual(await namesOn(database), []);
  });
  await withOne(async (database) => {
    await database.raw(`prepare "${statement.name ?? ""}.0" as select 1`);
    await ask(database);
    await database.raw("deallocate all");
    await ask(database);
    assert.deepEqual(await namesOn(database), []);
  });
});

test("in a transaction it sees what the transaction wrote, and fails with it", async () => {
  await home.database.raw("create table written (id integer)");
  const statement = defineStatement("select id from written where id = $1");
  await home.database.transaction(async (transaction) => {
    await transaction.raw("insert into written values (3)");
    assert.deepEqual(await runStatement(transaction, statement, [3]), [{ id: 3 }]);
  });
  await assert.rejects(runStatement(home.database, defineStatement("select nothing_there"), []), {
    code: "42703",
  });
});

test("reads go on while a release changes the type of a column", async () => {
  const app = await startTestApp({ home });
  try {
    const admin = await addUser(app, "admin");
    const made = await admin.call("POST", "/api/v1/customers", { body: { name: "A", email: "a@plan.test" } });
    const path = made.headers.get("location") ?? "";
    const read = async () => {
      const answers = await Promise.all(several.map(() => admin.call("GET", path)));
      assert.deepEqual(
        answers.map(({ status, text }) => [status, text]),
        several.map(() => [200, made.text]),
      );
    };
    await read();
    await home.database.raw("alter table customers alter column notes type varchar(5000)");
    await read();
    await home.database.raw(
      "alter table customers add column more text; alter table users alter column name type varchar(500)",
    );
    await read();
  } finally {
    await app.close();
  }
});
