import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { pino } from "pino";
import { createTestDatabase, isLite, type TestDatabase } from "../../../tests/support/test-database.ts";
import { listMigrations } from "./migration-source.ts";
import { migrationStatus } from "./migration-status.ts";
import { createMigrator } from "./migrator.ts";

const log = pino({ level: "silent" });
let home: TestDatabase;
let folders: string[];

before(async () => {
  home = await createTestDatabase("empty");
});

after(async () => {
  await home.drop();
});

beforeEach(async (context) => {
  await home.database.raw("drop schema public cascade; create schema public");
  folders = [await mkdtemp(join(tmpdir(), "berth-a-")), await mkdtemp(join(tmpdir(), "berth-b-"))];
  assert.ok("after" in context);
  context.after(async () => {
    for (const folder of folders) await rm(folder, { recursive: true });
  });
});

async function write(folder: number, name: string, up: string, down = ""): Promise<void> {
  const body = (sql: string) => (sql === "" ? "" : `await database.raw(${JSON.stringify(sql)});`);
  const text = `export async function up(database: any) { ${body(up)} }\nexport async function down(database: any) { ${body(down)} }\n`;
  await writeFile(join(folders[folder] ?? "", `${name}.ts`), text);
}

async function migrator() {
  const files = await listMigrations(folders);
  return { files, migrator: createMigrator({ database: home.database, files, log }) };
}

test("migrations of several folders run in order of time, once, and are taken back one by one", async () => {
  await write(1, "20260101_0000_first", "create table one (id int primary key)", "drop table one");
  await write(0, "20260102_0000_second", "create table two (id int references one)", "drop table two");
  const { files, migrator: runner } = await migrator();
  assert.deepEqual(await runner.up(), ["20260101_0000_first", "20260102_0000_second"]);
  assert.deepEqual(await runner.up(), []);
  assert.deepEqual(await runner.down(), ["20260102_0000_second"]);
  const status = await migrationStatus(home.database, files);
  assert.deepEqual(status.pending, ["20260102_0000_second"]);
  assert.deepEqual(
    status.applied.map(({ name }) => name),
    ["20260101_0000_first"],
  );
});

test("a failing migration leaves neither half a schema nor a lock, and the ones before it stay", async () => {
  await write(0, "20260101_0000_good", "create table good (id int primary key)");
  await write(0, "20260102_0000_bad", "create table bad (id int primary key); select 1/0");
  const { migrator: runner } = await migrator();
  await assert.rejects(runner.up(), /division by zero/);
  assert.equal(await home.database.schema.hasTable("good"), true);
  assert.equal(await home.database.schema.hasTable("bad"), false);
  assert.equal(await runner.unlock(), false);
});

test(
  "two at once take turns, and each migration runs once",
  { skip: isLite ? "PGlite has one session, which holds its own locks twice" : false },
  async () => {
    await write(0, "20260101_0000_slow", "create table slow (id int primary key); select pg_sleep(0.3)");
    const { migrator: runner } = await migrator();
    const results = await Promise.all([runner.up(), runner.up()]);
    assert.deepEqual(results.flat(), ["20260101_0000_slow"]);
  },
);

test("the lock of a crashed migration is freed by the next one, and by unlock", async () => {
  await write(0, "20260101_0000_first", "create table one (id int primary key)");
  const { migrator: runner } = await migrator();
  await runner.up();
  await home.database("knex_migrations_lock").update({ is_locked: 1 });
  assert.equal(await runner.unlock(), true);
  await home.database("knex_migrations_lock").update({ is_locked: 1 });
  await write(0, "20260102_0000_second", "create table two (id int primary key)");
  assert.deepEqual(await (await migrator()).migrator.up(), ["20260102_0000_second"]);
});

test("a migration that a removed module left behind is reported and stops nothing", async () => {
  await write(0, "20260101_0000_first", "create table one (id int primary key)");
  await write(1, "20260102_0000_second", "create table two (id int primary key)");
  await (await migrator()).migrator.up();
  await rm(join(folders[1] ?? "", "20260102_0000_second.ts"));
  await write(0, "20260103_0000_third", "create table three (id int primary key)");
  const { files, migrator: runner } = await migrator();
  assert.deepEqual(await runner.up(), ["20260103_0000_third"]);
  assert.deepEqual((await migrationStatus(home.database, files)).unknown, ["20260102_0000_second"]);
});

test("a lock that another transaction holds for a moment is waited out by trying again", async () => {
  await home.database.raw("create table busy (id int primary key)");
  await write(
    0,
    "20260101_0000_alter",
    "set local lock_timeout = 100; alter table busy add column note text",
  );
  const { migrator: runner } = await migrator();
  const holder = await home.database.transaction();
  await holder.raw("lock table busy in access exclusive mode");
  const done = runner.up();
  await holder.raw("select pg_sleep(0.4)");
  await holder.commit();
  assert.deepEqual(await done, ["20260101_0000_alter"]);
});

test("misnamed and doubled migrations are refused by name", async () => {
  await write(0, "nonsense", "");
  await assert.rejects(listMigrations(folders), /nonsense\.ts is not named YYYYMMDD_HHMM/);
  await rm(join(folders[0] ?? "", "nonsense.ts"));
  await write(0, "20260101_0000_same", "");
  await write(1, "20260101_0000_same", "");
  await assert.rejects(listMigrations(folders), /Two migrations are named 20260101_0000_same/);
});
