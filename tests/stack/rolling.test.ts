import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram, type Registered } from "../support/mock-engine.ts";
import { assertPolicies, containerType, databaseUsers, ofType } from "../support/registered.ts";

const registered = await runProgram(
  "prod",
  { domain: "example.org", replicas: "3", strategy: "rolling", databaseRights: "owner" },
  [],
  "berth-prod-app-1\nberth-prod-app-3\n",
);
/** The second replica does not serve, so it is replaced first. */
const order = [2, 1, 3];
const named = (name: string): Registered => {
  const found = registered.find(({ type, name: own }) => own === name && !type.startsWith("berth:"));
  assert.ok(found, name);
  return found;
};
/** Names in the URNs. */
const names = (urns: readonly string[]) => urns.map((urn) => urn.slice(urn.lastIndexOf("::") + 2));

test("replicas have fixed names of the stack, and are stopped before they are replaced", () => {
  const replicas = ofType(registered, containerType).filter(({ name }) => name.startsWith("app-"));
  assert.deepEqual(
    replicas.map(({ name, inputs, deleteBeforeReplace }) => [name, inputs["name"], deleteBeforeReplace]),
    order.map((number) => [`app-rolling-${number}`, `berth-prod-app-${number}`, true]),
  );
});

test("stops the only worker before it is replaced, once every replica serves", () => {
  const worker = named("worker");
  assert.equal(worker.deleteBeforeReplace, true);
  assert.ok(names(worker.dependencies).includes("app-rolling-3-in-service"));
});

test("replaces non-serving replicas first, then the others one by one", () => {
  const first = names(named(`app-rolling-${order[0]}`).dependencies);
  for (const part of ["migration-up", "edge-hand-over", "assets-publish"])
    assert.ok(first.includes(part), part);
  for (const [index, number] of order.slice(1).entries()) {
    const before = `app-rolling-${order[index]}-in-service`;
    assert.ok(names(named(`app-rolling-${number}`).dependencies).includes(before));
    // An input that came from it would have the engine delete this replica together with the one
    // before.
    const own = names(named(`app-rolling-${number}`).inputsFrom);
    assert.deepEqual(
      own.filter((name) => name.startsWith("app-rolling-")),
      [],
    );
  }
});

test("a replica goes out of service before its container, comes back when the new one is healthy, and goes with the stack", () => {
  const command = named("app-rolling-2-in-service");
  assert.equal(command.inputs["delete"], "sh infra/commands/replica-service.sh out bash src/healthcheck.sh");
  assert.equal(command.inputs["create"], "sh infra/commands/replica-service.sh back bash src/healthcheck.sh");
  assert.deepEqual(command.inputs["triggers"], ["app-rolling-2-id"]);
  assert.equal(command.deleteBeforeReplace, true);
  assert.ok(names(command.dependencies).includes("app-rolling-2-ready"));
  assert.deepEqual(names([command.deletedWith]), ["edge-listener"]);
  // A replaced proxy must not have every replica taken out of service.
  assert.ok(!names(command.inputsFrom).includes("edge-proxy"));
});

test("the traffic moves once every replica and the worker are there; in its configuration they are in their own order", () => {
  assert.deepEqual(named("traffic-switch").inputs["triggers"], [
    [1, 2, 3].map((number) => `app-rolling-${number}-id`),
    "edge-proxy-id",
    (named("traffic-switch").inputs["environment"] as { SET: string }).SET,
  ]);
  const before = names(named("traffic-switch").dependencies);
  for (const part of ["app-rolling-3-in-service", "worker-ready"]) assert.ok(before.includes(part), part);
});

test("policies hold", () => {
  assertPolicies(registered);
});

test("an application that makes tables while it runs logs in as their owner", () => {
  assert.deepEqual(databaseUsers(registered), ["DATABASE_USER=app_a"]);
});
