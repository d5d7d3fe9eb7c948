import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { openDatabase } from "../src/platform/database/open-database.ts";
import { createTestDatabase, isLite } from "./support/test-database.ts";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const skip = isLite ? "needs a Postgres that other processes reach" : false;

test(
  "a migration's statement has the limit of the setting, and the message names it",
  { skip },
  async (t) => {
    const home = await createTestDatabase("empty");
    const folder = await mkdtemp(join(tmpdir(), "berth-limits-"));
    t.after(async () => {
      await home.drop();
      await rm(folder, { recursive: true });
    });
    const { host, port, name, user, password = "" } = home.config;
    await writeFile(join(folder, "password"), password);
    const environment = {
      PATH: process.env["PATH"],
      DATABASE_HOST: host,
      DATABASE_PORT: String(port),
      DATABASE_NAME: name,
      DATABASE_USER: user,
      ...(password === "" ? {} : { DATABASE_PASSWORD_FILE: join(folder, "password") }),
      MIGRATION_STATEMENT_TIMEOUT: "1",
    };
    const program = join(import.meta.dirname, "..", "src", "migrate.ts");
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      execFile(process.execPath, [program, "up"], { env: environment }, (error, _stdout, text) => {
        resolve({ code: error?.code, stderr: text });
      });
    });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /took longer than 0\.001 s and was cancelled[^]*migrationTimeout/);
  },
);

test("a migration's transaction may be idle for as long as it computes", { skip }, async (t) => {
  const home = await createTestDatabase("empty");
  const options = { applicationName: "tests", log: pino({ level: "silent" }), idleInTransaction: 0 };
  const database = openDatabase(home.config, options);
  t.after(async () => {
    await database.destroy();
    await home.drop();
  });
  const { rows } = await database.raw<{ rows: unknown[] }>("show idle_in_transaction_session_timeout");
  assert.deepEqual(rows, [{ idle_in_transaction_session_timeout: "0" }]);
});
