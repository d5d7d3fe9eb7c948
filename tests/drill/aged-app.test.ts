import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, describe, test, type TestContext } from "node:test";
import { ask } from "../support/edge-client.ts";
import { foreignApp, writeLockfile, type ForeignApp } from "../support/foreign-app.ts";
import { laterMigrations, writeAgedApp } from "../support/hostile-app.ts";
import { assertSecrecy } from "../support/secrecy.ts";
import { signInToTodos, whileInUse } from "../support/todo-load.ts";

await describe(
  "an application of 2021: Express 4.17, Knex 0.95, pg 8.7, no Dockerfile",
  { timeout: 1_800_000 },
  () => {
    let app: ForeignApp;
    let cookie: string;
    /** Nothing may fail, be lost or doubled, and nobody be logged out. */
    const unnoticed = async (t: TestContext, work: () => Promise<unknown>) => {
      assert.deepEqual((await whileInUse(t, app.edge, cookie, work)).failures, []);
    };

    before(async () => {
      app = await foreignApp(async (folder) => {
        writeAgedApp(folder);
        await writeLockfile(folder);
      });
    });
    after(async () => {
      await app.deployment.remove();
    });

    test("is adopted by a command, and deployed without a line by hand", async () => {
      await app.adopt();
      await app.deployment.up();
      assert.match((await ask(app.edge, "/")).body, /^release 0/);
      cookie = await signInToTodos(app.edge, "anna");
    });

    test("is released with an additive migration: no request fails", async (t) => {
      await unnoticed(t, async () => {
        app.change("server.js", (text) => text.replace("release 0", "release 1"));
        writeFileSync(app.path(laterMigrations.additive.name), laterMigrations.additive.text);
        await app.deployment.up();
      });
      assert.match((await ask(app.edge, "/")).body, /^release 1/);
    });

    test("has all secrets rotated: no request fails, and nobody is logged out", async (t) => {
      await unnoticed(t, () => app.deployment.mustRun("rotate", "all", "--yes"));
    });

    test("is rolled back past the migration: no request fails", async (t) => {
      await unnoticed(t, () => app.deployment.mustRun("rollback", "--yes"));
      assert.match((await ask(app.edge, "/")).body, /^release 0/);
    });

    test("shows none of its secrets anywhere", async () => {
      await assertSecrecy(app.deployment);
    });
  },
);
