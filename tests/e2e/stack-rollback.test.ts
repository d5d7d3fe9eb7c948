import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { busyStack, type BusyStack } from "../support/busy-stack.ts";
import { ask } from "../support/edge-client.ts";

await describe("releases of a prod stack that go back", { timeout: 2_400_000 }, () => {
  let stack: BusyStack;

  before(async () => {
    stack = await busyStack();
  });
  after(async () => {
    await stack.deployment.remove();
  });

  test("a rollback deploys the previous release's image; no request fails", async (t) => {
    const first = await stack.running();
    stack.edit("The second release.");
    await stack.deployment.up();
    const second = await stack.running();
    assert.notEqual(second, first);
    await stack.unnoticed(t, async () => {
      const begun = Date.now();
      const rolling = stack.deployment.mustRun("rollback", "--yes");
      let inPlace = 0;
      void rolling.catch(() => undefined);
      while (inPlace === 0 && Date.now() - begun < 120_000) {
        if ((await stack.running()) === first) inPlace = Date.now() - begun;
        await sleep(100);
      }
      t.diagnostic(`in place after ${(inPlace / 1000).toFixed(1)} s`);
      await rolling;
    });
    assert.equal(await stack.running(), first);
    await stack.expectNoChanges();
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
      await stack.deployment.mustRun("canary", "20", "--yes");
      const seen = await shares();
      const others = [...seen.keys()].filter((release) => release !== stable);
      assert.equal(others.length, 1);
      const share = (seen.get(others[0] ?? "") ?? 0) / 200;
      t.diagnostic(`the canary answered ${(share * 100).toFixed(0)} % of the requests`);
      assert.ok(share > 0.05 && share < 0.45, `${share}`);
      await stack.deployment.mustRun("canary", "promote", "--yes");
      assert.deepEqual([...(await shares()).keys()], others);
    });
    await stack.expectNoChanges();
  });

  test("a migration that would break the running release is refused at preview", async () => {
    const undo = stack.migrate(
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
    stack.migrate(
      "20991231_1000_fax",
      'export const up = (db) => db.raw("create table fax (id int)");\nexport const down = up;\n',
    );
    await deployment.up();
    const between = await stack.running();
    stack.migrate(
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
    assert.match(stdout + stderr, /no longer works with the current schema: 20991231_1100_contract/);
    assert.equal(await stack.running(), now);
    assert.equal((await ask(stack.edge, "/login")).status, 200);
  });
});
