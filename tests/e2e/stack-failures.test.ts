import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { busyStack, type BusyStack } from "../support/busy-stack.ts";
import { docker } from "../support/docker.ts";
import { followContainers } from "../support/engine-events.ts";
import { eventually } from "../support/eventually.ts";

await describe("failures of a prod stack in use", { timeout: 2_400_000 }, () => {
  let stack: BusyStack;

  before(async () => {
    stack = await busyStack();
  });
  after(async () => {
    await stack.deployment.remove();
  });

  /**
   * Deploys what cannot work: `up` says why and fails, the release before serves on, and without
   * the fault the next `up` converges.
   * @param unnoticed by whom: everybody, or readers
   */
  async function refused(
    unnoticed: (change: () => Promise<unknown>) => Promise<void>,
    reasons: readonly RegExp[],
    ...undo: (() => void)[]
  ): Promise<void> {
    const { deployment } = stack;
    const before = await stack.running();
    await unnoticed(async () => {
      const { status, stdout, stderr } = await deployment.berth("up", "--stack", deployment.stack);
      assert.equal(status, 1, stdout + stderr);
      for (const reason of reasons) assert.match(stdout + stderr, reason);
      assert.equal(await stack.running(), before);
      for (const take of undo) take();
      await deployment.up();
    });
    assert.equal(await stack.running(), before);
    assert.equal((await deployment.containers("app")).length, 2);
    await stack.expectNoChanges();
  }

  const byAnybody = (context: TestContext) => (change: () => Promise<unknown>) =>
    stack.unnoticed(context, change);

  test("a release that never gets healthy is refused, with its log", async (t) => {
    const undo = stack.deployment.edit(
      "app/src/main.ts",
      (source) => `throw new Error("broken on purpose");\n${source}`,
    );
    await refused(byAnybody(t), [/app did not become healthy/, /broken on purpose/], undo);
  });

  test("a release whose replicas crash soon after they were healthy gives the traffic back", async (t) => {
    // Whatever is asked but its health: so it is admitted and switched to.
    const crash = `import { Server } from "node:http";
const emit = Server.prototype.emit;
Server.prototype.emit = function (event, ...rest) {
  if (event === "request" && !rest[0].url.startsWith("/health/"))
    setTimeout(() => { throw new Error("crashed on purpose"); }, 1000);
  return emit.call(this, event, ...rest);
};
`;
    const undo = stack.deployment.edit("app/src/main.ts", (source) => crash + source);
    stack.configure({ bakeTime: "30" });
    await refused(
      // A client must repeat a write that was under way in a dying process.
      (change) => stack.unnoticedByReaders(t, change),
      [/crashed on purpose/],
      undo,
      () => {
        stack.configure({ bakeTime: "2" });
      },
    );
  });

  test("a release that turns unhealthy once it has the traffic gives it back", async (t) => {
    const { deployment } = stack;
    // Well until twelve seconds after people came: later than the switch, earlier than the end of
    // the watch.
    const undo = [
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
    await refused(
      byAnybody(t),
      [/turned unhealthy within 30 seconds of getting the traffic/],
      ...undo,
      () => {
        stack.configure({ bakeTime: "2" });
      },
    );
  });

  test("a migration that fails leaves schema and traffic as they were", async (t) => {
    const tables = () => stack.sql("select count(*) from pg_class where relkind = 'r'");
    const schema = await tables();
    const undo = stack.migrate(
      "20991231_1000_fails",
      'export const up = (db) => db.raw("create table half (id int); select 1 / 0");\nexport const down = up;\n',
    );
    await refused(byAnybody(t), [/division by zero/], undo);
    assert.equal(await tables(), schema);
  });

  test("a killed replica fails no request, and restarts", async (t) => {
    const [victim] = await stack.deployment.containers("app");
    await stack.unnoticedByReaders(t, async () => {
      process.kill(victim?.State.Pid ?? assert.fail("the replica runs"), "SIGKILL");
      await eventually(async () => {
        const [now] = (await stack.deployment.containers("app")).filter(({ Id }) => Id === victim?.Id);
        assert.notEqual(now?.State.StartedAt, victim?.State.StartedAt);
        assert.equal(now?.State.Status, "running");
      });
      await sleep(5_000);
    });
  });

  test("an `up` recovers from a killed one at any step, also if it is killed itself", async (t) => {
    const { deployment } = stack;
    // What only makes people wait adds nothing here.
    stack.configure({ bakeTime: "0", drainTimeout: "1" });
    await deployment.up();
    /** Kills an `up` once the engine has done so much for it. */
    const killedAfter = async (count: number) => {
      let done = 0;
      const enough = Promise.withResolvers<undefined>();
      const stop = followContainers(deployment.labels(), ["create", "start", "die", "destroy"], () => {
        done += 1;
        if (done === count) enough.resolve(undefined);
      });
      const killed = await deployment.killedUp(() => enough.promise);
      await stop();
      t.diagnostic(killed ? `killed at ${count}` : `ended after ${done}`);
      return killed;
    };
    await stack.unnoticed(t, async () => {
      // What makes up for a killed one has the less to do the later that was, and is killed the
      // earlier.
      for (const [first, second] of [
        [1, 7],
        [4, 4],
        [8, 1],
      ] as const) {
        stack.edit(`Killed after ${first} steps.`);
        assert.ok(await killedAfter(first));
        await killedAfter(second);
        await deployment.up();
        await stack.expectNoChanges();
        assert.equal((await deployment.containers("app")).length, 2);
      }
    });
    const left = await docker(["ps", "-aq", "--filter", "status=exited", ...deployment.labels()]);
    assert.equal(left, "", "nothing half-made is left");
  });
});
