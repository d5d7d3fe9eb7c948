import assert from "node:assert/strict";
import { test } from "node:test";
import { complaint, p95, type Answered } from "../../cli/deploy/canary-verdict.ts";

const answered = (requests: number, failed: number, seconds: number[] = []): Answered => ({
  requests,
  failed,
  seconds,
});

test("a canary that fails one request in fifty is found out, however early", () => {
  assert.equal(
    complaint(answered(250, 5), answered(2250, 0), "early"),
    "it failed 5 of 250 requests (2.00 %), the others 0 of 2250 (0.00 %)",
  );
});

test("failures that both releases have speak against neither, and two are an accident", () => {
  for (const [canary, others] of [
    [answered(200, 4), answered(1800, 36)],
    [answered(200, 2), answered(1800, 0)],
    [answered(200, 0), answered(1800, 90)],
    [answered(0, 0), answered(1800, 0)],
    [answered(200, 200), answered(0, 0)],
  ] as const) {
    assert.equal(complaint(canary, others, "early"), undefined);
    assert.equal(complaint(canary, others, "end"), undefined);
  }
});

test("what might be an accident early on is none at the end", () => {
  const [canary, others] = [answered(1000, 14), answered(9000, 45)];
  assert.equal(complaint(canary, others, "early"), undefined);
  assert.match(complaint(canary, others, "end") ?? "", /^it failed 14 of 1000 requests \(1\.40 %\)/);
});

test("a slower canary is found out at the end, by its slowest twentieth", () => {
  const times = (slow: number) => Array.from({ length: 200 }, (_, index) => (index % 10 === 0 ? slow : 0.02));
  const [canary, others] = [answered(200, 0, times(0.4)), answered(200, 0, times(0.2))];
  assert.equal(complaint(canary, others, "early"), undefined);
  assert.equal(
    complaint(canary, others, "end"),
    "95 in 100 of its answers began within 400 ms, the others' within 200 ms",
  );
  assert.equal(complaint(answered(200, 0, times(0.24)), others, "end"), undefined);
  assert.equal(complaint(answered(99, 0, times(0.4)), others, "end"), undefined, "too few to tell");
});

test("the 95th percentile of nothing is 0, and of one that one", () => {
  assert.equal(p95([]), 0);
  assert.equal(p95([0.3]), 0.3);
  assert.equal(p95(Array.from({ length: 100 }, (_, index) => index + 1)), 95);
});
