import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "../support/mock-engine.ts";
import { assertPolicies, containerType, ofType } from "../support/registered.ts";

const container = (component: string, name: string, outputs: object) => ({
  [`urn:pulumi:prod::berth::berth:index:${component}$${containerType}::${name}`]: {
    type: containerType,
    outputs,
  },
});
const command = (name: string) => ["-c", `max_connections=${name}`, "-c", "shared_buffers=64MB"];

// Postgres waits for an image and for memory; of Redis, the password is rotated.
const registered = await runProgram(
  "prod",
  { domain: "example.org", databaseUpgrade: "2026-11-01", cacheRotation: "second" },
  [],
  "",
  {
    ...container("Database", "postgres", {
      image: "postgres:17.9-trixie",
      memory: 256,
      command: ["postgres", ...command("100")],
      mounts: [{ source: "berth-prod-postgres" }],
      labels: [{ label: "berth.upgrade", value: "2026-11-02T00:00:00.000Z" }],
    }),
    ...container("Cache", "redis", {
      image: "redis:8.10.2-trixie",
      memory: 64,
      labels: [{ label: "berth.rotation", value: "first" }],
    }),
  },
);
const named = (name: string) =>
  registered.find((resource) => resource.name === name && !resource.type.startsWith("berth:")) ??
  assert.fail(`${name} is registered`);

test("Postgres that runs is left alone, and what it hangs on; an older agreement changes nothing", () => {
  for (const name of [
    "postgres",
    "postgres-secrets-volume",
    "postgres-secrets-version",
    "network-internal",
    "network-edge",
  ])
    assert.deepEqual(named(name).ignoreChanges, ["*"], name);
  const running = ofType(registered, containerType).filter(({ name }) => /^(?:app-\d|worker)$/.test(name));
  assert.equal(running.length, 5);
  for (const { name, ignoreChanges } of running) assert.deepEqual(ignoreChanges, [], name);
});

test("what waits is recorded, a change a line", () => {
  const { CHANGES, IMAGE, PART } = named("postgres-waiting").inputs["environment"] as Record<string, string>;
  assert.deepEqual([PART, IMAGE], ["postgres", "images/base-postgres-provide"]);
  const changes = JSON.parse(CHANGES ?? "") as { what: string; from: string; to: string }[];
  assert.deepEqual(
    changes.map(({ what, from }) => [what, from]),
    [
      ["image", "postgres:17.9-trixie"],
      ["memory", "256 MiB"],
      ["shared_buffers", "64MB"],
    ],
  );
  assert.match(changes[0]?.to ?? "", /^postgres:17\.\d+-trixie$/);
  // The agreement that its container was made under, whatever the settings of this deployer say.
  assert.deepEqual(named("postgres-restarted").inputs["triggers"], ["2026-11-02T00:00:00.000Z"]);
});

test("a new password restarts Redis, and nothing of it waits", () => {
  assert.deepEqual(named("redis").ignoreChanges, []);
  assert.equal(
    registered.some(({ name }) => name === "redis-waiting"),
    false,
  );
  const labels = named("redis").inputs["labels"] as { label: string; value: string }[];
  assert.equal(labels.find(({ label }) => label === "berth.rotation")?.value, "second");
});

test("policies hold", () => {
  assertPolicies(registered);
});
