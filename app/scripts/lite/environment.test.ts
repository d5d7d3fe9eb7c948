import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadConfig } from "../../src/config.ts";
import { SettingProblems } from "../../src/platform/settings/setting-problems.ts";
import { liteEnvironment, litePlaces, readSettingsFile } from "./environment.ts";

let folder: string;
let file: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-env-"));
  file = join(folder, ".env");
});

after(async () => {
  await rm(folder, { recursive: true });
});

test("the shell wins over .env, .env over lite mode's own choice, and the database is always its own", async () => {
  await writeFile(file, "PORT=8100\nLOCALE=ru\nDRAIN_TIMEOUT=1\n");
  const places = litePlaces(folder);
  const environment = liteEnvironment(places, readSettingsFile(file), {
    PORT: "8200",
    DATABASE_HOST: "db.example.test",
    DATABASE_PASSWORD_FILE: "/run/secrets/password",
  });
  const config = loadConfig(environment);
  assert.deepEqual([config.stack, config.port, config.locale, config.drainTimeout], ["lite", 8200, "ru", 1]);
  assert.equal(config.database.host, places.socket);
  assert.equal(config.database.password, undefined);
});

test("refuses a .env of another environment by name, every line at once", async () => {
  await writeFile(file, "APP_ENV=production\nSTACK=prod\nDATABASE_HOST=db\nDATABASE_USER=app\nPORT=1\n");
  assert.throws(
    () => readSettingsFile(file),
    (error) => {
      assert.ok(error instanceof SettingProblems);
      for (const name of ["APP_ENV", "production", "STACK", "prod", "DATABASE_HOST", "DATABASE_USER", file])
        assert.ok(error.message.includes(name), name);
      assert.ok(!error.message.includes("PORT in"));
      return true;
    },
  );
});

test("no .env is no problem, and two checkouts never share a socket", () => {
  assert.deepEqual(readSettingsFile(join(folder, "nowhere")), {});
  assert.notEqual(litePlaces("/a").socket, litePlaces("/b").socket);
  assert.ok(litePlaces(folder).socket.length < 90);
});
