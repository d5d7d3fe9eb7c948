import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { after, before, describe, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { baseImage } from "../support/base-image.ts";
import { docker } from "../support/docker.ts";
import { ask, cookiesOf } from "../support/edge-client.ts";
import { foreignApp, type ForeignApp } from "../support/foreign-app.ts";
import { laterMigrations, writeHostileApp } from "../support/hostile-app.ts";
import { assertSecrecy } from "../support/secrecy.ts";
import { signInToTodos, todoWriters, whileInUse } from "../support/todo-load.ts";

await describe("an application that others wrote", { timeout: 1_800_000 }, () => {
  let app: ForeignApp;
  let cookie: string;

  const change = (release: number) => {
    app.change("server.js", (text) => text.replace(/release \d+/, `release ${release}`));
  };
  const answer = async () => (await ask(app.edge, "/")).body;
  const releasesMet = async () => [...new Set(await Promise.all(Array.from({ length: 50 }, answer)))];
  const loaded = (t: TestContext, work: () => Promise<unknown>) => whileInUse(t, app.edge, cookie, work);
  /** Does something under load: nothing may fail, and nobody be logged out. */
  const unnoticed = async (t: TestContext, work: () => Promise<unknown>) => {
    assert.deepEqual((await loaded(t, work)).failures, []);
  };

  before(async () => {
    const images = ["node", "debian", "machine-ca"] as const;
    const [node = "", debian = ""] = await Promise.all(images.map((image) => baseImage(image)));
    app = await foreignApp((folder) => {
      writeHostileApp(folder, { node, debian });
    });
  });
  after(async () => {
    await app.deployment.remove();
  });

  test("is adopted by a command, and deployed without a line by hand", async () => {
    const said = await app.adopt();
    assert.match(said, /health +answered by berth's layer/);
    await app.deployment.up();
    assert.equal(await answer(), "release 0, hello");
    cookie = await signInToTodos(app.edge, "anna");
    assert.equal((await app.deployment.containers("worker")).length, 0);
    const { headers } = await ask(app.edge, "/");
    assert.equal(headers["content-security-policy"], undefined);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.match(String(headers["strict-transport-security"]), /max-age/);
    const put = await ask(app.edge, "/files/a.txt", {
      method: "PUT",
      headers: { "Content-Type": "text/plain" },
      body: "kept",
    });
    assert.equal(put.status, 201, put.body);
  });

  test("a variable of the stack, and four releases, the last with an additive migration: no request fails", async (t) => {
    await unnoticed(t, async () => {
      const setting = ["config", "set", "--path", "berth:env.GREETING", "good day"];
      const { status, stderr } = await app.deployment.pulumi(...setting);
      assert.equal(status, 0, stderr);
      for (const release of [1, 2, 3, 4]) {
        change(release);
        const { name, text } = laterMigrations.additive;
        if (release === 4) writeFileSync(app.path(name), text);
        await app.deployment.up();
        assert.equal(await answer(), `release ${release}, good day`);
      }
    });
    const { stdout } = await app.deployment.mustRun("releases");
    assert.match(stdout, /20260101000000_add-note/);
  });

  test("a rotation of all secrets: nobody is logged out", async (t) => {
    await unnoticed(t, () => app.deployment.mustRun("rotate", "all", "--yes"));
  });

  test("a roll-back past the additive migration: no request fails", async (t) => {
    await unnoticed(t, () => app.deployment.mustRun("rollback", "--yes"));
    assert.equal(await answer(), "release 3, good day");
    assert.equal((await ask(app.edge, "/files/a.txt")).body, "kept");
  });

  test("a canary meets its share of the visitors, each of whom keeps what they met, and is given up: no request fails", async (t) => {
    change(5);
    const [stable, tried] = ["release 3, good day", "release 5, good day"];
    await unnoticed(t, async () => {
      await app.deployment.mustRun("canary", "30", "--yes");
      const first = await Promise.all(Array.from({ length: 200 }, () => ask(app.edge, "/")));
      const share = first.filter(({ body }) => body === tried).length / first.length;
      t.diagnostic(`the canary answered ${(share * 100).toFixed(0)} % of the visitors`);
      // Five standard deviations of a draw.
      assert.ok(Math.abs(share - 0.3) < 0.16, `${share}`);
      for (const release of [stable, tried]) {
        const met = first.find(({ body }) => body === release) ?? assert.fail(`nobody met ${release}`);
        const headers = { Cookie: cookiesOf(met) };
        const later = await Promise.all(Array.from({ length: 50 }, () => ask(app.edge, "/", { headers })));
        assert.deepEqual([...new Set(later.map(({ body }) => body))], [release]);
      }
      await app.deployment.mustRun("canary", "abort", "--yes");
    });
    assert.deepEqual(await releasesMet(), [stable]);
  });

  test("a canary is promoted: no request fails", async (t) => {
    await unnoticed(t, async () => {
      await app.deployment.mustRun("canary", "30", "--yes");
      await app.deployment.mustRun("canary", "promote", "--yes");
    });
    assert.deepEqual(await releasesMet(), ["release 5, good day"]);
  });

  test("a migration that the running release would not survive is refused by the preview", async () => {
    writeFileSync(app.path(laterMigrations.breaking.name), laterMigrations.breaking.text);
    const { status, stdout, stderr } = await app.deployment.pulumi("preview");
    assert.notEqual(status, 0);
    assert.match(stdout + stderr, /rename-title\.js renames todos\.title to text/);
    rmSync(app.path(laterMigrations.breaking.name));
  });

  test("a replica that is killed costs no read, no session, and no write but those that it was answering", async (t) => {
    const { failures } = await loaded(t, async () => {
      const [replica] = await app.deployment.containers("app");
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
    await assertSecrecy(app.deployment);
  });
});
