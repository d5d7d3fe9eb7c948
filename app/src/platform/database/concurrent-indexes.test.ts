import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { pino } from "pino";
import { createTestDatabase, isLite, type TestDatabase } from "../../../tests/support/test-database.ts";
import { invalidIndexes } from "./concurrent-indexes.ts";
import { listMigrations } from "./migration-source.ts";
import { migrationStatus } from "./migration-status.ts";
import { createMigrator } from "./migrator.ts";
import { openDatabase } from "./open-database.ts";

const log = pino({ level: "silent" });
const name = "20260101_0000_index";
let home: TestDatabase;
let folder: string;

async function migrate(sql: string) {
  await writeFile(
    join(folder, `${name}.ts`),
    `export const config = { transaction: false };
     export async function up(database: any) { await database.raw(${JSON.stringify(sql)}); }
     export async function down() {}`,
  );
  const files = await listMigrations([folder]);
  return { files, up: () => createMigrator({ database: home.database, files, log }).up() };
}

/**
 * A build that meets two equal rows leaves an invalid index, as one does that met a lock for too
 * long.
 */
async function leaveInvalid(index: string): Promise<void> {
  await home.database.raw("insert into busy (note) values ('same'), ('same')");
  await assert.rejects(
    home.database.raw(`create unique index concurrently ${index} on busy (note)`),
    /could not create unique index/,
  );
  await home.database.raw("truncate busy");
  assert.deepEqual(await names(), [index]);
}

const names = async () => (await invalidIndexes(home.database)).map((index) => index.name);

async function indexes(): Promise<readonly string[]> {
  const { rows } = await home.database.raw<{ rows: { name: string }[] }>(
    "select indexrelid::regclass::text as name from pg_index where indrelid = 'busy'::regclass and indisvalid order by 1",
  );
  return rows.map((row) => row.name);
}

/**
 * Migrates while a transaction is in the way, which ends once the first attempt has met its limit.
 * @param hold what the transaction does first
 */
async function migrateBehind(hold: string, sql: string): Promise<readonly string[]> {
  let failedOnce = () => undefined as unknown;
  const failed = new Promise((resolve) => {
    failedOnce = () => {
      resolve(undefined);
    };
  });
  const told = pino(
    { level: "warn" },
    { write: (line: string) => (line.includes("trying again") ? failedOnce() : undefined) },
  );
  const { files } = await migrate(sql);
  const database = openDatabase(home.config, { applicationName: "tests", log, lockTimeout: 200 });
  const holder = await home.database.transaction(undefined, { isolationLevel: "repeatable read" });
  try {
    await holder.raw(hold);
    const done = createMigrator({ database, files, log: told }).up();
    await Promise.race([failed, done]);
    await holder.commit();
    return await done;
  } finally {
    if (!holder.isCompleted()) await holder.rollback();
    await database.destroy();
  }
}

describe("an index that is built concurrently", { skip: isLite && "PGlite has one session" }, () => {
  before(async () => {
    home = await createTestDatabase("empty");
  });

  after(async () => {
    await home.drop();
  });

  beforeEach(async (context) => {
    await home.database.raw(
      "drop schema public cascade; create schema public; create table busy (id bigserial primary key, note text); create table other (id int)",
    );
    folder = await mkdtemp(join(tmpdir(), "berth-indexes-"));
    assert.ok("after" in context);
    context.after(() => rm(folder, { recursive: true }));
  });

  for (const ifNotExists of ["", "if not exists "]) {
    test(`is built anew where an earlier deploy left it invalid: ${ifNotExists || "plain"}`, async () => {
      await leaveInvalid("busy_note");
      const { up } = await migrate(`create index concurrently ${ifNotExists}busy_note on busy (note)`);
      assert.deepEqual(await up(), [name]);
      assert.deepEqual(await names(), []);
      assert.deepEqual(await indexes(), ["busy_note", "busy_pkey"]);
    });
  }

  for (const ifNotExists of ["", "if not exists "]) {
    test(`is built in the next attempt after a limit, and is valid: ${ifNotExists || "plain"}`, async () => {
      const sql = `create index concurrently ${ifNotExists}busy_note on busy (note)`;
      assert.deepEqual(await migrateBehind("select from other", sql), [name]);
      assert.deepEqual(await names(), []);
      assert.deepEqual(await indexes(), ["busy_note", "busy_pkey"]);
    });
  }

  test("is dropped in the next attempt after a limit", async () => {
    await home.database.raw("create index busy_note on busy (note)");
    const sql = "drop index concurrently busy_note";
    assert.deepEqual(await migrateBehind("select from busy", sql), [name]);
    assert.deepEqual([await names(), await indexes()], [[], ["busy_pkey"]]);
  });

  test("is built anew in the next attempt after a limit, without the index that the first one began", async () => {
    await home.database.raw("create index busy_note on busy (note)");
    const sql = "reindex index concurrently busy_note";
    assert.deepEqual(await migrateBehind("select from other", sql), [name]);
    assert.deepEqual([await names(), await indexes()], [[], ["busy_note", "busy_pkey"]]);
  });

  test("leaves nothing invalid when it cannot be built, and is not recorded", async () => {
    await home.database.raw("insert into busy (note) values ('same'), ('same')");
    const { files, up } = await migrate('create unique index concurrently "Busy" on busy (note)');
    await assert.rejects(up(), /could not create unique index/);
    assert.deepEqual(await names(), []);
    assert.deepEqual((await migrationStatus(home.database, files)).pending, [name]);
  });

  test("is dropped too when Postgres has chosen its name", async () => {
    await home.database.raw("insert into busy (note) values ('same'), ('same')");
    const { up } = await migrate("create unique index concurrently on busy (note)");
    await assert.rejects(up(), /could not create unique index/);
    assert.deepEqual(await names(), []);
  });

  test("does not replace a valid one of the same name", async () => {
    await home.database.raw("create index busy_note on busy (note)");
    const { up } = await migrate("create index concurrently busy_note on busy (note)");
    await assert.rejects(up(), /"busy_note" already exists/);
    assert.deepEqual(await indexes(), ["busy_note", "busy_pkey"]);
  });

  test("leaves the invalid indexes of others alone", async () => {
    await leaveInvalid("others");
    const { up } = await migrate("create index concurrently busy_note on busy (note)");
    assert.deepEqual(await up(), [name]);
    assert.deepEqual(await names(), ["others"]);
  });
});
