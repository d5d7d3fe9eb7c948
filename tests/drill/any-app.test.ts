import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { baseImage } from "../support/base-image.ts";
import type { Deployment } from "../support/deployment.ts";
import { docker, finish } from "../support/docker.ts";
import { ask } from "../support/edge-client.ts";
import { laterMigrations, writeHostileApp } from "../support/hostile-app.ts";
import { prodDeployment } from "../support/prod-deployment.ts";
import { assertSecrecy } from "../support/secrecy.ts";
import { signInToTodos, todoWriters, whileInUse } from "../support/todo-load.ts";

await describe("an application that others wrote", { timeout: 1_800_000 }, () => {
  let deployment: Deployment;
  let edge: EdgeConfig;
  let cookie: string;
  let settings: Record<string, string>;

  const path = (name: string) => join(deployment.folder, "shop", name);
  const change = (release: number) => {
    writeFileSync(
      path("server.js"),
      readFileSync(path("server.js"), "utf8").replace(/release \d+/, `release ${release}`),
    );
  };
  const berth = async (...args: string[]) => {
    const { status, stdout, stderr } = await deployment.berth(...args, "--stack", deployment.stack, "--yes");
    assert.equal(status, 0, stdout + stderr);
    return stdout + stderr;
  };
  const answer = async () => (await ask(edge, "/")).body;

  /** Does something under load: nothing may fail, be lost or doubled, and nobody be logged out. */
  const unnoticed = async (t: TestContext, work: () => Promise<unknown>) => {
    assert.deepEqual((await loaded(t, work)).failures, []);
  };
  const loaded = (t: TestContext, work: () => Promise<unknown>) => whileInUse(t, edge, cookie, work);

  before(async () => {
    const limits = { requestRate: "100000", requestBurst: "100000", clientConnections: "10000" };
    const prod = await prodDeployment({ replicas: "2", drainTimeout: "4", bakeTime: "2", ...limits });
    ({ deployment, edge } = prod);
    settings = { ...prod.settings, appFolder: "shop" };
    // Nothing but the application's own folder is the application.
    rmSync(join(deployment.folder, "app"), { recursive: true });
    const [node, debian] = await Promise.all([
      baseImage("node"),
      baseImage("debian"),
      baseImage("machine-ca"),
    ]);
    writeHostileApp(path(""), { node, debian });
  });
  after(async () => {
    await deployment.remove();
  });

  test("is adopted by a command, and deployed without a line by hand", async () => {
    const adopted = await deployment.berth("adopt", "shop", "--write");
    assert.equal(adopted.status, 0, adopted.stderr);
    assert.match(adopted.stdout, /health +answered by berth's layer/);
    deployment.configure(settings);
    await deployment.up();
    assert.equal(await answer(), "release 0, hello");
    cookie = await signInToTodos(edge, "anna");
    assert.equal((await deployment.containers("worker")).length, 0);
    const { headers } = await ask(edge, "/");
    assert.equal(headers["content-security-policy"], undefined);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.match(String(headers["strict-transport-security"]), /max-age/);
    const put = await ask(edge, "/files/a.txt", {
      method: "PUT",
      headers: { "Content-Type": "text/plain" },
      body: "kept",
    });
    assert.equal(put.status, 201, put.body);
  });

  test("a variable of the stack, and four releases, the last with an additive migration: no request fails", async (t) => {
    await unnoticed(t, async () => {
      const setting = ["config", "set", "--path", "berth:env.GREETING", "good day"];
      const { status, stderr } = await deployment.pulumi(...setting);
      assert.equal(status, 0, stderr);
      for (const release of [1, 2, 3, 4]) {
        change(release);
        const { name, text } = laterMigrations.additive;
        if (release === 4) writeFileSync(path(name), text);
        await deployment.up();
        assert.equal(await answer(), `release ${release}, good day`);
      }
    });
    assert.match(await berthReleases(), /20260101000000_add-note/);
  });

  test("a rotation of all secrets: nobody is logged out", async (t) => {
    await unnoticed(t, () => berth("rotate", "all"));
  });

  test("a roll-back past the additive migration: no request fails", async (t) => {
    await unnoticed(t, () => berth("rollback"));
    assert.equal(await answer(), "release 3, good day");
    assert.equal((await ask(edge, "/files/a.txt")).body, "kept");
  });

  test("a migration that the running release would not survive is refused by the preview", async () => {
    await deployment.pulumi("config", "rm", "berth:appImage");
    writeFileSync(path(laterMigrations.breaking.name), laterMigrations.breaking.text);
    const { status, stdout, stderr } = await deployment.pulumi("preview");
    assert.notEqual(status, 0);
    assert.match(stdout + stderr, /rename-title\.js renames todos\.title to text/);
    rmSync(path(laterMigrations.breaking.name));
  });

  test("a replica that is killed costs no read, no session, and no write but those that it was answering", async (t) => {
    const { failures } = await loaded(t, async () => {
      const [replica] = await deployment.containers("app");
      await docker(["kill", "--signal", "KILL", replica?.Id ?? ""]);
      await sleep(9000);
    });
    for (const failure of failures) t.diagnostic(failure);
    // Nobody knows whether such a write was done, so Nginx repeats none; a PUT it may.
    assert.deepEqual(
      failures.filter((failure) => !failure.startsWith("write after a gap: status 502")),
      [],
    );
    assert.ok(failures.length <= todoWriters);
  });

  test("shows none of its secrets anywhere", async () => {
    await assertSecrecy(deployment);
  });

  async function berthReleases(): Promise<string> {
    return (
      await finish(process.execPath, ["cli/berth.mjs", "releases", "--stack", deployment.stack], {
        cwd: deployment.folder,
      })
    ).stdout;
  }
});
