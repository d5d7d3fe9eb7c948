import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { RegistryAnswer, silenceLimit } from "../../images/lib/registry-answer.ts";

const folder = mkdtempSync(join(tmpdir(), "berth-registry-"));
after(() => {
  rmSync(folder, { recursive: true });
});

test("nothing is known of a registry that was never asked", () => {
  assert.equal(new RegistryAnswer(folder, "never").recentFailure(), null);
});

test("a failure is remembered for other processes, and forgotten after the limit", () => {
  new RegistryAnswer(folder, "engine").rememberFailure("no answer", 1_000);
  const other = new RegistryAnswer(folder, "engine");
  assert.equal(other.recentFailure(1_000 + silenceLimit - 1), "no answer");
  assert.equal(other.recentFailure(1_000 + silenceLimit), null);
});

test("a clock that was set back does not prolong it", () => {
  new RegistryAnswer(folder, "clock").rememberFailure("no answer", 1_000_000);
  assert.equal(new RegistryAnswer(folder, "clock").recentFailure(1_000), null);
});

test("engines are distinguished: each has its own network", () => {
  new RegistryAnswer(folder, "ssh://one").rememberFailure("no route", 1_000);
  assert.equal(new RegistryAnswer(folder, "ssh://two").recentFailure(1_000), null);
});

test("a damaged entry counts as none", () => {
  const damaged = mkdtempSync(join(folder, "damaged-"));
  const answer = new RegistryAnswer(damaged, "engine");
  answer.rememberFailure("no answer");
  for (const file of readdirSync(damaged)) writeFileSync(join(damaged, file), "{");
  assert.equal(answer.recentFailure(), null);
});
