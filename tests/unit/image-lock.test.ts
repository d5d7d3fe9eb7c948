import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { withLock } from "../../system/file-lock.ts";

const parent = mkdtempSync(join(tmpdir(), "berth-lock-"));
after(() => {
  rmSync(parent, { recursive: true });
});
const newFolder = (): string => mkdtempSync(join(parent, "locks-"));
const never = new AbortController().signal;

const options = (onWait: (pid: number) => void = () => undefined) => ({ onWait, signal: never });

/** Puts another owner's name into the one lock of a folder. */
function handOver(folder: string, owner: { pid: number; started: string; host?: string }): void {
  const [file = ""] = readdirSync(folder);
  writeFileSync(join(folder, file), JSON.stringify({ host: hostname(), ...owner, token: "other" }));
}

test("processes take turns", async () => {
  const folder = newFolder();
  const log = join(folder, "log");
  const program = `
    import { appendFileSync } from "node:fs";
    import { withLock } from ${JSON.stringify(join(import.meta.dirname, "../../system/file-lock.ts"))};
    await withLock(${JSON.stringify(join(folder, "build"))}, { onWait() {} }, async () => {
      appendFileSync(${JSON.stringify(log)}, "in\\n");
      await new Promise((resolve) => setTimeout(resolve, 50));
      appendFileSync(${JSON.stringify(log)}, "out\\n");
    });`;
  const start = () => promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
  await Promise.all(Array.from({ length: 5 }, start));
  assert.equal(readFileSync(log, "utf8"), "in\nout\n".repeat(5));
  assert.deepEqual(readdirSync(folder), ["log"]);
});

test("the lock goes when the work fails", async () => {
  const folder = newFolder();
  await assert.rejects(
    withLock(join(folder, "build"), options(), () => Promise.reject(new Error("no"))),
    /no/,
  );
  assert.deepEqual(readdirSync(folder), []);
});

test("a dead owner's lock is taken over at once", async () => {
  const folder = newFolder();
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  const waited: number[] = [];
  await withLock(join(folder, "build"), options(), async () => {
    handOver(folder, { pid: dead, started: "" });
    await withLock(
      join(folder, "build"),
      options((pid) => waited.push(pid)),
      () => Promise.resolve(),
    );
  });
  assert.deepEqual(waited, []);
});

test("a living process that got a dead owner's id does not keep the lock", async () => {
  const folder = newFolder();
  await withLock(join(folder, "build"), options(), async () => {
    handOver(folder, { pid: process.pid, started: "an earlier boot/1" });
    await withLock(join(folder, "build"), options(), () => Promise.resolve());
  });
  assert.deepEqual(readdirSync(folder), []);
});

test("an owner on another machine, which cannot be looked at, is waited for", async () => {
  const folder = newFolder();
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  await withLock(join(folder, "build"), options(), async () => {
    handOver(folder, { pid: dead, started: "", host: `${hostname()}-other` });
    const interruption = new AbortController();
    const waiting = {
      signal: interruption.signal,
      onWait: () => {
        interruption.abort();
      },
    };
    await assert.rejects(
      withLock(join(folder, "build"), waiting, () => Promise.resolve()),
      { name: "AbortError" },
    );
  });
});

test("a waiting run names the holder once, and can be interrupted", async () => {
  const folder = newFolder();
  const waited: number[] = [];
  const interruption = new AbortController();
  await withLock(join(folder, "build"), options(), async () => {
    const waiting = withLock(
      join(folder, "build"),
      {
        signal: interruption.signal,
        onWait: (pid) => {
          waited.push(pid);
          setTimeout(() => {
            interruption.abort();
          }, 500);
        },
      },
      () => {
        appendFileSync(join(folder, "entered"), "");
        return Promise.resolve();
      },
    );
    await assert.rejects(waiting, { name: "AbortError" });
  });
  assert.deepEqual(waited, [process.pid]);
  assert.deepEqual(readdirSync(folder), []);
});

test("different keys do not wait for each other", async () => {
  const folder = newFolder();
  const order: string[] = [];
  await withLock(join(folder, "one"), options(), async () => {
    await withLock(join(folder, "two"), options(), () => {
      order.push("two");
      return Promise.resolve();
    });
    order.push("one");
  });
  assert.deepEqual(order, ["two", "one"]);
});
