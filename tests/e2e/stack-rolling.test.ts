import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import { busyStack, type BusyStack } from "../support/busy-stack.ts";
import type { Deployment } from "../support/deployment.ts";
import { followContainers } from "../support/engine-events.ts";
import { eventually } from "../support/eventually.ts";

/**
 * Most containers of the application that ran at a time while something was done, as the engine's
 * events say.
 */
async function peak(deployment: Deployment, change: () => Promise<unknown>): Promise<number> {
  const running = new Set((await deployment.containers("app")).map(({ Id }) => Id));
  let most = running.size;
  const stop = followContainers(deployment.labels("app"), ["start", "die"], (action, id) => {
    if (action === "start") running.add(id);
    else running.delete(id);
    most = Math.max(most, running.size);
  });
  try {
    await change();
  } finally {
    await stop();
  }
  return most;
}

await describe("a prod stack that replaces its replicas one at a time", { timeout: 1_500_000 }, () => {
  let stack: BusyStack;

  /** Names of the replicas, in order. */
  const replicas = async () => (await stack.deployment.containers("app")).map(({ Name }) => Name).sort();
  const named = (...numbers: number[]) =>
    numbers.map((number) => `/berth-${stack.deployment.stack}-app-${number}`);
  /** Changes the stack under load; no client may notice. */
  const measured = async (context: TestContext, change: () => Promise<unknown>): Promise<number> => {
    let most = 0;
    await stack.unnoticed(context, async () => {
      most = await peak(stack.deployment, change);
    });
    context.diagnostic(`${most} containers of the application at most`);
    return most;
  };

  before(async () => {
    stack = await busyStack();
  });
  after(async () => {
    await stack.deployment.remove();
  });

  test("takes the strategy over side by side, for the last time", async (t) => {
    stack.configure({ strategy: "rolling", bakeTime: "1" });
    assert.equal(await measured(t, () => stack.deployment.up()), 4);
    assert.deepEqual(await replicas(), named(1, 2));
  });

  test("takes a release, a rotated password and a third replica, with no more containers than replicas", async (t) => {
    const release = await stack.running();
    const old = await stack.deployment.containers("app");
    const logins = () =>
      stack.sql(
        "select string_agg(rolname, ',') from pg_roles where rolname ~ '^app_(rows_)?[ab]$' and rolcanlogin",
      );
    const login = await logins();
    assert.ok(["app_rows_a", "app_rows_b"].includes(login), login);
    stack.edit("One at a time.");
    stack.configure({ replicas: "3", databaseRotation: "today" });
    assert.equal(await measured(t, () => stack.deployment.up()), 3);
    assert.notEqual(await stack.running(), release);
    assert.deepEqual(await replicas(), named(1, 2, 3));
    const now = new Set((await stack.deployment.containers("app")).map(({ Id }) => Id));
    assert.ok(old.every(({ Id }) => !now.has(Id)));
    assert.equal(
      await logins(),
      login === "app_rows_a" ? "app_rows_b" : "app_rows_a",
      "the old login is closed",
    );
    await stack.expectNoChanges();
  });

  test("ends with the first replica that never gets healthy; the others serve", async (t) => {
    const release = await stack.running();
    const old = await stack.deployment.containers("app");
    const mend = stack.deployment.edit(
      "app/src/main.ts",
      (source) => `if (process.env["DATABASE_HOST"]) throw new Error("broken on purpose");\n${source}`,
    );
    const most = await measured(t, async () => {
      const { status, stdout, stderr } = await stack.deployment.berth(
        "up",
        "--stack",
        stack.deployment.stack,
      );
      assert.equal(status, 1, stdout + stderr);
      assert.match(stdout + stderr, /app did not become healthy/);
      assert.match(stdout + stderr, /broken on purpose/);
    });
    assert.equal(most, 3);
    assert.equal(await stack.running(), release);
    const now = await stack.deployment.containers("app");
    assert.equal(old.filter(({ Id }) => now.some((other) => other.Id === Id)).length, 2);
    mend();
    const status = await stack.deployment.berth("status", "--stack", stack.deployment.stack);
    assert.equal(status.status, 1, "the first replica is not well");
  });

  test("converges after SIGKILL in the middle, beginning with the replica that does not serve", async (t) => {
    const before = await stack.deployment.containers("app");
    const second = before.find(({ Name }) => Name.endsWith("-app-2"))?.Id ?? "";
    stack.configure({ replicas: "2", logLevel: "warn" });
    await stack.unnoticed(t, async () => {
      const stopped = () =>
        eventually(async () => {
          const ids = (await stack.deployment.containers("app")).map(({ Id }) => Id);
          assert.ok(!ids.includes(second));
        }, 240_000);
      assert.ok(await stack.deployment.killedUp(stopped));
      stack.configure({ logLevel: "error" });
      await stack.deployment.up();
    });
    assert.deepEqual(await replicas(), named(1, 2));
    const known = new Set(before.map(({ Id }) => Id));
    assert.ok((await stack.deployment.containers("app")).every(({ Id }) => !known.has(Id)));
    await stack.expectNoChanges();
  });
});
