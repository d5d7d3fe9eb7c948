import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestApp } from "../../../tests/support/test-app.ts";
import { deadQueue } from "../jobs/job-queue.ts";
import { createJobStore } from "./job-store.ts";

test("dead letters that cannot all be queued again stay dead letters", async () => {
  const app = await startTestApp();
  try {
    await app.queue.ready();
    const name = deadQueue("account-mail");
    for (const n of [1, 2]) await app.queue.send(name, { n });
    const store = createJobStore(app.pool);
    const half = app.pool.transaction(async (transaction) => {
      const [first = {}] = await store.takeDead("account-mail", transaction);
      await app.queue.send("account-mail", first, transaction);
      throw new Error("the process ends");
    });
    await assert.rejects(half, /the process ends/);
    assert.deepEqual(
      (await store.deadLetters()).map(({ data }) => data),
      [{ n: 2 }, { n: 1 }],
    );
    const [mail] = (await store.queues()).filter((queue) => queue.name === "account-mail");
    assert.deepEqual([mail?.ready, mail?.dead], [0, 2]);
  } finally {
    await app.close();
  }
});
