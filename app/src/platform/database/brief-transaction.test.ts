import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pino } from "pino";
import { createTestDatabase, type TestDatabase } from "../../../tests/support/test-database.ts";
import { briefTransaction, type Step } from "./brief-transaction.ts";
import { type Database, openDatabase } from "./open-database.ts";
import { defineStatement, runStatement } from "./statement.ts";

// One connection: whatever one transaction leaves open is what the next one meets.
let home: TestDatabase;
let database: Database;

before(async () => {
  home = await createTestDatabase("empty");
  database = openDatabase(home.config, {
    applicationName: "tests",
    log: pino({ level: "silent" }),
    poolMax: 1,
  });
  await database.raw("create table kept (value integer unique deferrable initially deferred)");
});

after(async () => {
  await database.destroy();
  await home.drop();
});

const insert = defineStatement("insert into kept values ($1) returning value");
const insertStep = (value: number): Step => ({ text: insert.text, values: [String(value)] });
const one: Step = { text: "select $1::integer as value, null as nothing", values: ["1"] };
const kept = () => database("kept").orderBy("value").pluck<number[]>("value");

test("first, what the work sends and last are one transaction", async () => {
  const result = await briefTransaction(database, one, async (rows) => {
    assert.deepEqual(rows, [{ value: 1, nothing: null }]);
    assert.deepEqual(await runStatement(database, insert, [11]), [{ value: 11 }]);
    return { result: "done", last: insertStep(12) };
  });
  assert.equal(result, "done");
  assert.deepEqual(await kept(), [11, 12]);
  assert.equal(
    await briefTransaction(database, insertStep(13), () => Promise.resolve({ result: "first only" })),
    "first only",
  );
  assert.deepEqual(await kept(), [11, 12, 13]);
});

for (const [name, first, work] of [
  ["first", { text: "select 1 / $1::integer", values: ["0"] }, async () => Promise.resolve({ result: 0 })],
  [
    "the work",
    insertStep(20),
    async () => {
      await runStatement(database, insert, [21]);
      throw new Error("no");
    },
  ],
  [
    "a statement of the work, unnoticed by it,",
    insertStep(20),
    async () => {
      await runStatement(database, defineStatement("select 1 / 0"), []).catch(() => undefined);
      return { result: 0, last: insertStep(22) };
    },
  ],
  [
    "last",
    insertStep(20),
    async () => Promise.resolve({ result: 0, last: { text: "select 1 / $1::integer", values: ["0"] } }),
  ],
  ["the commit", insertStep(20), async () => Promise.resolve({ result: 0, last: insertStep(20) })],
] as const) {
  test(`where ${name} fails, nothing is kept, and the connection is as before`, async () => {
    const before = await kept();
    await assert.rejects(briefTransaction<number>(database, first, work));
    assert.deepEqual(await kept(), before);
  });
}

test("what the work left running sends nothing after the end", async () => {
  let late: () => Promise<unknown> = () => Promise.resolve();
  await briefTransaction(database, one, () => {
    const inside: unknown = { client: database.client as unknown };
    late = () => runStatement(inside as Database, insert, [30]);
    return Promise.resolve({ result: 0 });
  });
  await assert.rejects(late(), /has ended/);
  assert.ok(!(await kept()).includes(30));
});
