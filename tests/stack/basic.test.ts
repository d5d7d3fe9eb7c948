import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "../support/mock-engine.ts";
import { assertPolicies, containerType, ofType } from "../support/registered.ts";

const registered = await runProgram("basic");

test("basic runs the application with three workers, and Postgres unpublished", () => {
  const containers = ofType(registered, containerType);
  assert.deepEqual(containers.map(({ name }) => name).sort(), ["app-1", "postgres"]);
  const app = containers.find(({ name }) => name === "app-1");
  assert.ok((app?.inputs["envs"] as string[]).includes("WORKERS=3"));
  assert.deepEqual(app?.inputs["ports"], [{ internal: 8000, external: 8000, ip: "127.0.0.1" }]);
  assert.deepEqual(containers.find(({ name }) => name === "postgres")?.inputs["ports"], []);
});

test("a published port goes from the old container to the new one, never both", () => {
  assert.equal(registered.find(({ name }) => name === "app-1")?.deleteBeforeReplace, true);
});

test("policies hold", () => {
  assertPolicies(registered);
});
