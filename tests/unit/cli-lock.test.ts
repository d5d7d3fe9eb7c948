import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { CommandError } from "../../system/exit-code.ts";
import { Interruption } from "../../system/interruption.ts";
import { identify } from "../../system/process-identity.ts";
import { describeHolder, judgeLocks, type LockRecord } from "../../cli/locks/lock-record.ts";
import { lockHolders, takeLock, waitForLocks, type LockRequest } from "../../cli/locks/stack-lock.ts";
import { pulumiLocks, pulumiRuns } from "../../cli/locks/pulumi-locks.ts";

function record(changes: Partial<LockRecord>): LockRecord {
  return {
    run: "a",
    pid: 4711,
    started: "boot/1",
    user: "anna",
    host: hostname(),
    since: "2026-11-21T12:00:00.000Z",
    command: "up",
    ...changes,
  };
}

function request(t: TestContext, changes: Partial<LockRequest> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "berth-lock-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const said: string[] = [];
  const asked: LockRequest = {
    folder,
    stack: "dev",
    command: "up",
    wait: 0,
    interruption: new Interruption(false),
    say: (line) => said.push(line),
    ...changes,
  };
  return {
    asked,
    said,
    put: (entry: LockRecord) => {
      putRecord(folder, entry);
    },
  };
}

function putRecord(folder: string, entry: LockRecord): void {
  mkdirSync(join(folder, "dev"), { recursive: true });
  writeFileSync(join(folder, "dev", `${entry.run}.json`), JSON.stringify(entry));
}

/** A process that has ended, by its id and start. */
async function endedProcess() {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const identity = identify(child.pid ?? 0);
  assert.ok(identity);
  child.kill();
  await once(child, "exit");
  return identity;
}

test("a holder on another machine counts as alive; one here does while its very process runs", () => {
  const here = record({ run: "here" });
  const elsewhere = record({ run: "elsewhere", host: "another-machine" });
  assert.deepEqual(
    judgeLocks([here, elsewhere], hostname(), () => false),
    { live: [elsewhere], dead: [here] },
  );
  assert.deepEqual(
    judgeLocks([here], hostname(), () => true),
    { live: [here], dead: [] },
  );
});

test("a holder is described by person, machine, command and start", () => {
  const now = new Date("2026-11-21T12:02:05.000Z");
  const clock = new Date("2026-11-21T12:00:00.000Z").toTimeString().slice(0, 8);
  assert.equal(
    describeHolder(record({ host: "build-1" }), now),
    `anna@build-1 (process 4711, running up since ${clock}, 2 m 05 s ago)`,
  );
});

test("a lock is held by its process, and free again afterwards", async (t) => {
  const { asked } = request(t);
  const lock = await takeLock(asked);
  const { live } = lockHolders(asked.folder, "dev");
  assert.deepEqual(
    live.map(({ pid, command }) => ({ pid, command })),
    [{ pid: process.pid, command: "up" }],
  );
  await assert.rejects(takeLock(asked), (error) => {
    assert.ok(error instanceof CommandError);
    assert.equal(error.exitCode, 4);
    assert.match(
      error.message,
      new RegExp(`still locked by .*process ${process.pid}, running up.*Nothing was changed`),
    );
    return true;
  });
  lock.release();
  assert.deepEqual(readdirSync(join(asked.folder, "dev")), []);
});

test("the second run waits, names the first, and continues once it is done", async (t) => {
  const { asked, said } = request(t, { wait: 60 });
  const first = await takeLock(asked);
  const second = takeLock(asked);
  while (said.length === 0) await new Promise(setImmediate);
  assert.match(
    said[0] ?? "",
    /^Stack dev is locked: waiting for .*running up.*\(up to .* more, --lock-wait\)\.$/,
  );
  first.release();
  const lock = await second;
  assert.deepEqual(lock.dead, []);
  assert.equal(said.length, 1);
  lock.release();
});

test("of many that come at once, one holds the lock at a time", async (t) => {
  const { asked } = request(t, { wait: 60 });
  let holders = 0;
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      const lock = await takeLock(asked);
      holders += 1;
      assert.equal(holders, 1);
      await new Promise(setImmediate);
      holders -= 1;
      lock.release();
    }),
  );
});

test("a killed run is no obstacle, and its record stays until its leftovers are cleared", async (t) => {
  const { asked, put } = request(t);
  const { pid, started } = await endedProcess();
  put(record({ run: "killed", pid, started }));
  const lock = await takeLock(asked);
  const [dead] = lock.dead;
  assert.equal(dead?.run, "killed");
  assert.deepEqual(
    lockHolders(asked.folder, "dev").dead.map(({ run }) => run),
    ["killed"],
  );
  lock.forget(dead);
  assert.deepEqual(lockHolders(asked.folder, "dev").dead, []);
  lock.release();
});

test("a process that got the id of a killed run is not taken for it", async (t) => {
  const { asked, put } = request(t);
  put(record({ run: "killed", pid: process.pid, started: "boot-before/17" }));
  const lock = await takeLock(asked);
  assert.deepEqual(
    lock.dead.map(({ run }) => run),
    ["killed"],
  );
  lock.release();
});

test("a lock on another machine says how to remove it", async (t) => {
  const { asked, put } = request(t);
  put(record({ run: "far", host: "another-machine" }));
  await assert.rejects(
    takeLock(asked),
    /cannot be told from here\. If it does not, take the lock off: rm .*far\.json/,
  );
});

test("reads Pulumi's own locks, and distinguishes those of dead and live processes", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "berth-backend-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const locks = join(folder, ".pulumi/locks/organization/berth/dev");
  mkdirSync(locks, { recursive: true });
  const content = (changes: object) =>
    JSON.stringify({
      pid: process.pid,
      username: "anna",
      hostname: hostname(),
      timestamp: new Date(),
      ...changes,
    });
  writeFileSync(join(locks, "live.json"), content({}));
  // This process began long after that moment: another one had its id then.
  writeFileSync(join(locks, "reused.json"), content({ timestamp: "2020-01-01T00:00:00.123456789Z" }));
  writeFileSync(join(locks, "broken.json"), "{");
  const found = pulumiLocks(folder, "berth", "dev");
  assert.deepEqual(
    found
      .map(({ run, user, command, pid }) => ({ run, user, command, pid }))
      .sort((a, b) => a.run.localeCompare(b.run)),
    [
      { run: "live.json", user: "anna", command: "pulumi", pid: process.pid },
      { run: "reused.json", user: "anna", command: "pulumi", pid: process.pid },
    ],
  );
  assert.deepEqual(
    found.filter(pulumiRuns).map(({ run }) => run),
    ["live.json"],
  );
  assert.deepEqual(pulumiLocks(folder, "berth", "prod"), []);
});

test("waiting for Pulumi's locks ends with the dead ones, or with exit code 4", async (t) => {
  const { asked } = request(t);
  const dead = record({ run: "dead" });
  assert.deepEqual(
    await waitForLocks(
      asked,
      () => [dead],
      () => false,
    ),
    [dead],
  );
  await assert.rejects(
    waitForLocks(
      asked,
      () => [dead],
      () => true,
    ),
    { exitCode: 4 },
  );
});
