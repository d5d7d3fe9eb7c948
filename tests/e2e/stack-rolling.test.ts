import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, describe, test, type TestContext } from "node:test";
import { busyStack, type BusyStack } from "../support/busy-stack.ts";
import type { Deployment } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";

/** Most containers of the application that ran at a time while something was done, as the engine's events say. */
async function peak(deployment: Deployment, change: () => Promise<unknown>): Promise<number> {
  const since = (Date.now() / 1000).toFixed(3);
  const running = new Set((await deployment.containers("app")).map(({ Id }) => Id));
  let most = running.size;
  const events = spawn("docker", [
    ...["events", "--since", since, "--filter", "event=start", "--filter", "event=die"],
    ...[...deployment.labels("app"), "--format", "{{.Action}} {{.ID}}"],
  ]);
  createInterface(events.stdout).on("line", (line) => {
    const [action, id = ""] = line.split(" ");
    if (action === "start") running.add(id);
    else running.delete(id);
    most = Math.max(most, running.size);
  });
  try {
    await change();
  } finally {
    events.kill();
    await once(events, "close");
  }
  return most;
}

await describe("a prod stack that replaces its replicas one at a time", { timeout: 1_500_000 }, () => {
  let stack: BusyStack;

  const up = () => stack.deployment.berth("up", "--stack", stack.deployment.stack);
  const expectNoChanges = async () => {
    const { status, stdout } = await stack.deployment.pulumi("preview", "--expect-no-changes");
    assert.equal(status, 0, stdout);
  };
  /** Names of the replicas, in order. */
  const replicas = async () => (await stack.deployment.containers("app")).map(({ Name }) => Name).sort();
  const named = (...numbers: number[]) =>
    numbers.map((number) => `/berth-${stack.deployment.stack}-app-${number}`);
  /** Changes the stack under load; nobody may notice. */
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

  test("takes a release with no more containers than replicas", async (t) => {
    const release = await stack.running();
    const old = await stack.deployment.containers("app");
    stack.edit("One at a time.");
    assert.equal(await measured(t, () => stack.deployment.up()), 2);
    assert.notEqual(await stack.running(), release);
    assert.deepEqual(await replicas(), named(1, 2));
    const now = new Set((await stack.deployment.containers("app")).map(({ Id }) => Id));
    assert.ok(old.every(({ Id }) => !now.has(Id)));
    await expectNoChanges();
  });

  test("takes a third replica, and gives it up while the database's password is rotated", async (t) => {
    stack.configure({ replicas: "3" });
    assert.equal(await measured(t, () => stack.deployment.up()), 3);
    assert.deepEqual(await replicas(), named(1, 2, 3));
    const logins = () =>
      stack.sql("select string_agg(rolname, ',') from pg_roles where rolname ~ '^app_[ab]$' and rolcanlogin");
    const login = await logins();
    stack.configure({ replicas: "2", databaseRotation: "today" });
    assert.equal(await measured(t, () => stack.deployment.up()), 3);
    assert.deepEqual(await replicas(), named(1, 2));
    assert.ok(["app_a", "app_b"].includes(login));
    assert.equal(await logins(), login === "app_a" ? "app_b" : "app_a", "the old login is closed");
  });

  test("ends with the first replica that never gets healthy, the others serve; the next `up` converges, after SIGKILL too", async (t) => {
    const release = await stack.running();
    const second = (await stack.deployment.containers("app")).find(({ Name }) => Name.endsWith("-app-2"))?.Id;
    const mend = stack.deployment.edit(
      "app/src/main.ts",
      (source) => `throw new Error("broken on purpose");\n${source}`,
    );
    const most = await measured(t, async () => {
      const { status, stdout, stderr } = await up();
      assert.equal(status, 1, stdout + stderr);
      assert.match(stdout + stderr, /app did not become healthy/);
      assert.match(stdout + stderr, /broken on purpose/);
      assert.equal(await stack.running(), release);
    });
    assert.equal(most, 2);
    mend();
    stack.edit("Mended.");
    await stack.unnoticed(t, async () => {
      // The next one is killed while the second replica, the only one of the old release, is replaced.
      const child = spawn(process.execPath, ["cli/berth.mjs", "up", "--stack", stack.deployment.stack], {
        cwd: stack.deployment.folder,
        stdio: "ignore",
        detached: true,
        env: { ...process.env, BERTH_ALLOW_GENERATED_PASSPHRASE: "1" },
      });
      await eventually(async () => {
        const ids = (await stack.deployment.containers("app")).map(({ Id }) => Id);
        assert.ok(!ids.includes(second ?? ""));
      }, 120_000);
      process.kill(-(child.pid ?? assert.fail()), "SIGKILL");
      await once(child, "exit");
      assert.notEqual(await stack.running(), release);
      // And the one after that is another release, which has to begin with it.
      stack.edit("Mended again.");
      await stack.deployment.up();
    });
    assert.deepEqual(await replicas(), named(1, 2));
    await expectNoChanges();
  });
});
