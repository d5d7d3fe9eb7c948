import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { busyStack, type BusyStack } from "../support/busy-stack.ts";
import { ask } from "../support/edge-client.ts";

await describe("releases of a prod stack that go back", { timeout: 2_400_000 }, () => {
  let stack: BusyStack;

  /** Writes a migration of the application, in the copy. */
  const migrate = (name: string, text: string) => {
    const file = join(stack.deployment.folder, "app/src/platform/migrations", `${name}.ts`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return () => {
      rmSync(file);
    };
  };
  const up = () => stack.deployment.berth("up", "--stack", stack.deployment.stack);
  const expectNoChanges = async () => {
    const { status, stdout } = await stack.deployment.pulumi("preview", "--expect-no-changes");
    assert.equal(status, 0, stdout);
  };

  before(async () => {
    stack = await busyStack();
  });
  after(async () => {
    await stack.deployment.remove();
  });

  test("a roll-back takes the image of the release before; no request fails", async (t) => {
    const first = await stack.running();
    stack.edit("The second release.");
    await stack.deployment.up();
    const second = await stack.running();
    assert.notEqual(second, first);
    await stack.unnoticed(t, async () => {
      const begun = Date.now();
      const rolling = stack.berth("rollback");
      let inPlace = 0;
      void rolling.catch(() => undefined);
      while (inPlace === 0 && Date.now() - begun < 120_000) {
        if ((await stack.running()) === first) inPlace = Date.now() - begun;
      }
      t.diagnostic(`in place after ${(inPlace / 1000).toFixed(1)} s, preview included`);
      await rolling;
    });
    assert.equal(await stack.running(), first);
    await expectNoChanges();
    // The pin is a setting like any other: without it app/ is deployed again.
    stack.configure({});
    await stack.deployment.up();
    assert.equal(await stack.running(), second);
  });

  test("a canary gets its share, and is promoted; no request fails", async (t) => {
    const stable = await stack.running();
    stack.edit("The canary.");
    const shares = async () => {
      const seen = new Map<string, number>();
      for (let number = 0; number < 200; number += 1) {
        const release = await stack.running();
        seen.set(release, (seen.get(release) ?? 0) + 1);
      }
      return seen;
    };
    await stack.unnoticed(t, async () => {
      await stack.berth("canary", "20");
      const seen = await shares();
      const others = [...seen.keys()].filter((release) => release !== stable);
      assert.equal(others.length, 1);
      const share = (seen.get(others[0] ?? "") ?? 0) / 200;
      t.diagnostic(`the canary answered ${(share * 100).toFixed(0)} % of the requests`);
      assert.ok(share > 0.05 && share < 0.45, `${share}`);
      await stack.berth("canary", "promote");
      assert.deepEqual([...(await shares()).keys()], others);
    });
    await expectNoChanges();
  });

  test("a release that turns unhealthy once it has the traffic gives it back; no request fails", async (t) => {
    const { deployment } = stack;
    const before = await stack.running();
    // Well until twelve seconds after people came: later than the switch, earlier than the end of the watch.
    const mend = [
      deployment.edit("app/src/platform/http/rate-limit.ts", (source) =>
        source.replace(
          "    if (perMinute === 0",
          '    if (!route.path.startsWith("/health/")) globalThis.since ??= Date.now();\n    if (perMinute === 0',
        ),
      ),
      deployment.edit("app/src/platform/health/health-routes.ts", (source) =>
        source.replace(
          "const { ready, checks } = await readiness();",
          "const { ready: well, checks } = await readiness();\n    const ready = well && !(Date.now() - globalThis.since > 12_000);",
        ),
      ),
    ];
    stack.configure({ bakeTime: "30" });
    await stack.unnoticed(t, async () => {
      const { status, stdout, stderr } = await up();
      assert.equal(status, 1, stdout + stderr);
      assert.match(stdout + stderr, /turned unhealthy within 30 seconds of getting the traffic/);
      assert.equal(await stack.running(), before);
    });
    for (const undo of mend) undo();
    stack.configure({ bakeTime: "3" });
    await stack.unnoticed(t, () => deployment.up());
    assert.equal(await stack.running(), before);
    await expectNoChanges();
  });

  test("a migration that fails leaves schema and traffic as they were; the next `up` goes through", async (t) => {
    const before = await stack.running();
    const tables = () => stack.sql("select count(*) from pg_class where relkind = 'r'");
    const schema = await tables();
    const undo = migrate(
      "20991231_1000_fails",
      'export const up = (db) => db.raw("create table half (id int); select 1 / 0");\nexport const down = up;\n',
    );
    await stack.unnoticed(t, async () => {
      const { status, stdout, stderr } = await up();
      assert.equal(status, 1, stdout + stderr);
      assert.match(stdout + stderr, /division by zero/);
    });
    assert.equal(await stack.running(), before);
    assert.equal(await tables(), schema);
    undo();
    await stack.deployment.up();
    await expectNoChanges();
  });

  test("a migration that would break the running release is refused at preview", async () => {
    const undo = migrate(
      "20991231_1000_drops",
      'export const up = (db) => db.schema.dropTable("visits");\nexport const down = up;\n',
    );
    const { status, stdout, stderr } = await stack.deployment.pulumi("preview");
    assert.notEqual(status, 0);
    assert.match(stdout + stderr, /20991231_1000_drops\.ts drops the table visits/);
    undo();
  });

  test("a release that the schema has moved on from is not gone back to, and the migration is named", async () => {
    const { deployment } = stack;
    migrate(
      "20991231_1000_fax",
      'export const up = (db) => db.raw("create table fax (id int)");\nexport const down = up;\n',
    );
    await deployment.up();
    const between = await stack.running();
    migrate(
      "20991231_1100_contract",
      'export const override = "nothing reads it";\nexport const up = (db) => db.raw("drop table fax");\nexport const down = up;\n',
    );
    await deployment.up();
    const now = await stack.running();
    const { status, stdout, stderr } = await deployment.berth(
      "rollback",
      between,
      "--stack",
      deployment.stack,
      "--yes",
    );
    assert.equal(status, 1, stdout + stderr);
    assert.match(stdout + stderr, /does not fit the schema any more: 20991231_1100_contract/);
    assert.equal(await stack.running(), now);
    assert.equal((await ask(stack.edge, "/health/ready")).status, 200);
  });
});
