import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "../support/mock-engine.ts";
import { assertPolicies } from "../support/registered.ts";

const key =
  "urn:pulumi:prod::berth::berth:index:Backups$random:index/randomPassword:RandomPassword::backups-key";
const registered = await runProgram("prod", { backups: "false" }, [], "", {
  [key]: { type: "random:index/randomPassword:RandomPassword", outputs: {} },
});

test("backups that are switched off keep their key, and nothing else of them", () => {
  const ofBackups = registered.filter(({ name }) => name.startsWith("backup"));
  assert.deepEqual(ofBackups.map(({ name }) => name).sort(), ["backups", "backups-key"]);
  const kept = ofBackups.find(({ name }) => name === "backups-key");
  assert.match(kept?.parent ?? "", /::berth:index:Backups::backups$/, "it has the same URN");
});

test("no policy is broken", () => {
  assertPolicies(registered);
});
