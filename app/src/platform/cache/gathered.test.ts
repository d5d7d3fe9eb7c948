import assert from "node:assert/strict";
import { test } from "node:test";
import { gathered } from "./gathered.ts";

test("calls of one turn are one piece of work, each with its own result", async () => {
  const work: (readonly number[])[] = [];
  const double = gathered((all: readonly number[]) => {
    work.push(all);
    return Promise.resolve(all.map((value) => value * 2));
  });
  assert.deepEqual(await Promise.all([double(1), double(2), double(1)]), [2, 4, 2]);
  assert.equal(await double(5), 10);
  assert.deepEqual(work, [[1, 2, 1], [5]]);
});

test("work that fails fails for all, and not for those after", async () => {
  let failing = true;
  const once = gathered((all: readonly number[]) =>
    failing ? Promise.reject(new Error("away")) : Promise.resolve(all),
  );
  const results = await Promise.allSettled([once(1), once(2)]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  failing = false;
  assert.equal(await once(3), 3);
});
