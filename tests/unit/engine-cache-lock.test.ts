import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { withLock } from "../../cli/setup/engine/cache-lock.ts";
import { engineWorld } from "../support/engine-circumstances.ts";

const lockModule = join(import.meta.dirname, "..", "..", "cli", "setup", "engine", "cache-lock.ts");

/** Another process that takes the lock, says so, and gives it back when its standard input ends. */
async function otherHolder(path: string) {
  const program = `
    import { withLock } from ${JSON.stringify(lockModule)};
    await withLock(${JSON.stringify(path)}, "building", { line: () => undefined }, undefined, async () => {
      console.log("held");
      for await (const _ of process.stdin);
    });`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", program], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

describe("the lock of the cache", () => {
  test("makes the second process wait, and tells it for whom", async (context) => {
    const { folder, lines, at } = engineWorld(context);
    const path = join(folder, "cache", "engine.lock");
    const holder = await otherHolder(path);
    const order: string[] = [];
    const waiting = withLock(path, "building", at.reporter, undefined, () => {
      order.push("second");
      return Promise.resolve();
    });
    while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(lines[0], `process ${holder.pid ?? 0} is building: waiting for it`);
    order.push("first");
    holder.stdin.end();
    await waiting;
    assert.deepEqual(order, ["first", "second"]);
    assert.equal(lines.length, 1, "it is said once");
    assert.deepEqual(readdirSync(join(folder, "cache")), [], "nothing is left");
  });

  test("is taken over from a process that was killed", async (context) => {
    const { folder, at } = engineWorld(context);
    const path = join(folder, "cache", "engine.lock");
    const holder = await otherHolder(path);
    holder.kill("SIGKILL");
    await once(holder, "close");
    assert.ok(existsSync(path), "the killed process left its lock");
    assert.equal(await withLock(path, "building", at.reporter, undefined, () => Promise.resolve(7)), 7);
  });

  test("is given back after a failure", async (context) => {
    const { folder, at } = engineWorld(context);
    const path = join(folder, "engine.lock");
    const failing = withLock(path, "building", at.reporter, undefined, () => Promise.reject(new Error("no")));
    await assert.rejects(failing, /^Error: no$/);
    assert.ok(!existsSync(path));
  });

  test("lets only one of many in at a time", async (context) => {
    const { folder, at } = engineWorld(context);
    let [inside, most] = [0, 0];
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 2));
      inside--;
    };
    const path = join(folder, "engine.lock");
    await Promise.all(
      Array.from({ length: 4 }, () => withLock(path, "working", at.reporter, undefined, work)),
    );
    assert.equal(most, 1);
  });

  test("stops waiting when the command is interrupted", async (context) => {
    const { folder, lines, at } = engineWorld(context);
    const path = join(folder, "engine.lock");
    const holder = await otherHolder(path);
    const interruption = new AbortController();
    const waiting = withLock(path, "building", at.reporter, interruption.signal, () => Promise.resolve());
    while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    interruption.abort();
    await assert.rejects(waiting, { name: "AbortError" });
    holder.stdin.end();
    await once(holder, "close");
  });
});
