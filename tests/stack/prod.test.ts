import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "../support/mock-engine.ts";
import { assertPolicies, containerType, databaseUsers, ofType } from "../support/registered.ts";

const registered = await runProgram("prod", { domain: "example.org", replicas: "3" });
const containers = ofType(registered, containerType);

test("prod runs its replicas, its worker, Postgres, Redis, Nginx, the holder of its sockets, Certbot and its backups", () => {
  assert.deepEqual(containers.map(({ name }) => name).sort(), [
    "app-1",
    "app-2",
    "app-3",
    "backups",
    "certificates-certbot",
    "edge-listener",
    "edge-proxy",
    "postgres",
    "redis",
    "worker",
  ]);
});

test("only the holder of Nginx's sockets publishes ports, and those are 80 and 443", () => {
  const published = containers.filter(({ inputs }) => ((inputs["ports"] ?? []) as unknown[]).length > 0);
  assert.deepEqual(
    published.map(({ name, inputs }) => [
      name,
      (inputs["ports"] as { external: number }[]).map(({ external }) => external),
    ]),
    [["edge-listener", [80, 443]]],
  );
});

test("replicas are created before the old ones are deleted, unless they hold something exclusive", () => {
  const order = Object.fromEntries(
    containers.map(({ name, deleteBeforeReplace }) => [name, deleteBeforeReplace]),
  );
  assert.equal(order["app-1"], false);
  assert.equal(order["postgres"], true);
  assert.equal(order["edge-proxy"], false);
});

test("Postgres is on the internal network only, which has no route out", () => {
  const postgres = containers.find(({ name }) => name === "postgres");
  assert.deepEqual(
    (postgres?.inputs["networksAdvanced"] as { name: string }[]).map(({ name }) => name),
    ["network-internal"],
  );
  const internal = registered.find(({ name }) => name === "network-internal");
  assert.equal(internal?.inputs["internal"], true);
});

test("no container that serves has the password of migrations, nor their login", () => {
  const [volume] = registered.filter(({ name }) => name === "migration-secrets-volume");
  assert.ok(volume);
  for (const { name, inputs } of containers) {
    assert.doesNotMatch(JSON.stringify(inputs), /migration-secrets|app_migration/, name);
  }
  const migration = registered.find(({ name }) => name === "migration-up");
  assert.match(
    JSON.stringify(migration?.inputs),
    /--volume=migration-secrets-volume:.*--env=DATABASE_USER=app_migration/,
  );
});

test("requests and jobs log in as a role that changes rows only", () => {
  assert.deepEqual(databaseUsers(registered), ["DATABASE_USER=app_rows_a"]);
});

test("policies hold", () => {
  assertPolicies(registered);
});
