import assert from "node:assert/strict";
import { test } from "node:test";
import { stackGraph } from "../../cli/graph/stack-graph.ts";
import { runProgram } from "../support/mock-engine.ts";
import { assertPolicies, containerType, ofType } from "../support/registered.ts";

const registered = await runProgram("dev");

test("dev runs one application container, Postgres and Adminer", () => {
  const containers = ofType(registered, containerType).map(({ name }) => name);
  assert.deepEqual(containers.sort(), ["adminer", "app-1", "postgres"]);
});

test("application and Adminer ask the database", () => {
  const { edges } = stackGraph(
    registered.map(({ inputs, name, type }) => ({
      urn: `urn:pulumi:dev::berth::${type}::${name}`,
      type,
      inputs: { ...inputs },
    })),
  );
  assert.deepEqual(edges.map(({ from, to }) => `${from} ${to}`).sort(), ["adminer postgres", "app postgres"]);
});

test("every port is bound to loopback", () => {
  const ports = ofType(registered, containerType).flatMap(
    ({ inputs }) => (inputs["ports"] ?? []) as { internal: number; external: number; ip: string }[],
  );
  assert.deepEqual(ports.map(({ ip, external, internal }) => `${ip}:${external}->${internal}`).sort(), [
    "127.0.0.1:5433->5432",
    "127.0.0.1:8000->8000",
    "127.0.0.1:8080->8080",
  ]);
});

test("the source is mounted read-only and watched", () => {
  const [app] = registered.filter(({ name }) => name === "app-1");
  assert.ok(app);
  assert.deepEqual(
    [app.inputs["entrypoints"], app.inputs["command"]],
    [["node"], ["--watch-path=/app/src", "src/main.ts"]],
  );
  const mounts = app.inputs["mounts"] as { type: string; target: string; readOnly?: boolean }[];
  assert.deepEqual(
    mounts.filter(({ type }) => type === "bind").map(({ target, readOnly }) => ({ target, readOnly })),
    [{ target: "/app/src", readOnly: true }],
  );
});

test("data volumes have stable names and stay when the stack goes; secrets' volumes go", () => {
  const volumes = ofType(registered, "docker:index/volume:Volume");
  assert.deepEqual(
    volumes.filter(({ retainOnDelete }) => retainOnDelete).map(({ inputs }) => inputs["name"]),
    ["berth-dev-postgres", "berth-dev-media"],
  );
  assert.ok(volumes.some(({ name, retainOnDelete }) => name === "app-secrets-volume" && !retainOnDelete));
});

test("policies hold", () => {
  assertPolicies(registered);
});
