import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { createTestDatabase, type TestDatabase } from "../../../tests/support/test-database.ts";
import { createLogger } from "../log/create-logger.ts";
import { defineJob, type Job } from "./job.ts";
import { deadQueue, openJobQueue } from "./job-queue.ts";

let home: TestDatabase;
const log = createLogger({ level: "silent", stack: "test", release: "r" });

before(async () => {
  home = await createTestDatabase();
});
after(async () => {
  await home.drop();
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const late = AbortSignal.timeout(90_000);
  while (!(await condition())) {
    if (late.aborted) throw new Error("it did not come true in time");
    await sleep(20);
  }
}

const stateOf = (name: string) =>
  home
    .database("jobs.job")
    .where({ name })
    .orderBy("created_on")
    .select<{ id: string; state: string; retry_count: number; data: { value: number } }[]>(
      "id",
      "state",
      "retry_count",
      "data",
    );

const jobOf = (
  name: string,
  run: (value: number, signal: AbortSignal) => Promise<void>,
  more: Partial<Job> = {},
) => ({
  ...defineJob({
    name,
    data: z.object({ value: z.number() }),
    run: ({ value }, { signal }) => run(value, signal),
  }),
  ...more,
});

test("2,000 short jobs take as many fetches as batches, without a wait between them", async () => {
  const count = 2000;
  let done = 0;
  let fetches = 0;
  let whenDone = 0;
  const job = jobOf("short", () => {
    done += 1;
    if (done === count) whenDone = fetches;
    return Promise.resolve();
  });
  const queue = openJobQueue(home.database, [job], log);
  await queue.ready();
  await home.database.raw(
    `insert into jobs.job (name, data, retry_limit, dead_letter, expire_seconds)
     select 'short', jsonb_build_object('value', n), 5, 'short.dead', 300 from generate_series(1, ?) as n`,
    [count],
  );
  const counted = ({ sql, bindings }: { sql: string; bindings?: unknown }) => {
    const ofThisKind = JSON.stringify([sql, bindings]).includes("short");
    if (ofThisKind && /set\s+state = 'active'/i.test(sql)) fetches += 1;
  };
  home.database.on("query", counted);
  await queue.work([job]);
  await until(() => done === count);
  await queue.stop(5);
  home.database.off("query", counted);
  assert.equal(whenDone, count / 20);
  assert.ok((await stateOf("short")).every(({ state }) => state === "completed"));
});

test("each job of a batch is settled separately: one fails and is repeated, the others run once", async () => {
  const tries: number[] = [];
  const job = jobOf(
    "mixed",
    (value) => {
      tries.push(value);
      return value === 3 ? Promise.reject(new Error("three is refused")) : Promise.resolve();
    },
    { retries: 1 },
  );
  const queue = openJobQueue(home.database, [job], log);
  for (let value = 1; value <= 5; value += 1) await queue.send("mixed", { value });
  await queue.work([job]);
  await until(() => tries.length === 5);
  await until(async () => (await stateOf("mixed")).every(({ state }) => state !== "active"));
  assert.deepEqual(
    (await stateOf("mixed")).map(({ state }) => state),
    ["completed", "completed", "retry", "completed", "completed"],
  );
  await home
    .database("jobs.job")
    .where({ name: "mixed", state: "retry" })
    .update({ start_after: home.database.fn.now() });
  await until(async () => (await stateOf(deadQueue("mixed"))).length === 1);
  await queue.stop(5);
  assert.deepEqual([...tries].sort(), [1, 2, 3, 3, 4, 5]);
  assert.deepEqual(
    (await stateOf(deadQueue("mixed"))).map(({ data }) => data.value),
    [3],
  );
});

test("a slow job delays no other, and a job over its time fails alone", async () => {
  const done: number[] = [];
  const job = jobOf(
    "slow",
    async (value, signal) => {
      if (value === 1) await sleep(600_000, undefined, { signal });
      done.push(value);
    },
    { timeout: 2, retries: 1 },
  );
  const queue = openJobQueue(home.database, [job], log);
  for (let value = 1; value <= 50; value += 1) await queue.send("slow", { value });
  await queue.work([job]);
  await until(() => done.length === 49);
  await until(async () => (await stateOf("slow"))[0]?.state === "retry");
  await queue.stop(5);
  assert.ok((await stateOf("slow")).slice(1).every(({ state }) => state === "completed"));
});

test("a stopping worker gives back jobs that did not start, without a lost try, and jobs that did not end in time", async () => {
  let begun = 0;
  const job = jobOf("held", async () => {
    begun += 1;
    await sleep(600_000, undefined, { ref: false });
  });
  const queue = openJobQueue(home.database, [job], log);
  for (let value = 1; value <= 10; value += 1) await queue.send("held", { value });
  await queue.work([job]);
  await until(() => begun === 2);
  await queue.stop(0);
  const rows = await stateOf("held");
  assert.deepEqual(rows.map(({ state }) => state).sort(), [
    ...Array<string>(8).fill("created"),
    "retry",
    "retry",
  ]);
  const second = openJobQueue(home.database, [jobOf("held", () => Promise.resolve())], log);
  await second.work([jobOf("held", () => Promise.resolve())]);
  await until(async () => (await stateOf("held")).filter(({ state }) => state === "completed").length === 8);
  await second.stop(1);
  assert.ok(
    (await stateOf("held"))
      .filter(({ state }) => state === "completed")
      .every((row) => row.retry_count === 0),
  );
});
