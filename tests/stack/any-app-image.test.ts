import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, test } from "node:test";
import { buildFolder } from "../../infra/facts/build-log.ts";
import { runProgram } from "../support/mock-engine.ts";
import { assertPolicies, containerType, ofType } from "../support/registered.ts";

const folder = mkdtempSync(join(tmpdir(), "berth-any-app-"));
after(() => {
  rmSync(folder, { recursive: true });
});
const image = `registry.example.org/team/shop@sha256:${"0a".repeat(32)}`;
writeFileSync(
  join(folder, "berth.json"),
  JSON.stringify({ image, port: 8081, user: 1001, env: { DATABASE_URL: "${secret.databasePassword|url}" } }),
);

const registered = await runProgram("basic", { appFolder: relative(process.cwd(), folder) });
const app = registered.find(({ name }) => name === "app-1") ?? assert.fail("app-1");

test("an image that the team's own CI has built gets berth's layer, and nothing else is built", () => {
  const dockerfile = readFileSync(join(buildFolder("basic"), "Dockerfile"), "utf8");
  assert.match(
    dockerfile,
    new RegExp(`^FROM ${image}\n\nCOPY --from=images/base-layer-provide /berth /berth\n`),
  );
  assert.match(String(app.inputs["image"]), /^berth\/app-basic:[0-9a-f]{12}$/);
});

test("its own command runs, as the user and on the port that are declared", () => {
  assert.equal(app.inputs["entrypoints"], undefined);
  assert.equal(app.inputs["command"], undefined);
  assert.equal(app.inputs["user"], "1001:1001");
  assert.deepEqual(
    (app.inputs["ports"] as { internal: number }[]).map(({ internal }) => internal),
    [8081],
  );
});

test("what it does not declare does not run: no migration, no seed, no worker", () => {
  assert.ok(!registered.some(({ name }) => name.startsWith("migration-up")));
  assert.deepEqual(
    ofType(registered, containerType)
      .map(({ name }) => name)
      .sort(),
    ["app-1", "postgres"],
  );
  // Unknown is not empty: a label with nothing in it would say that it has no migrations.
  assert.doesNotMatch(readFileSync(join(buildFolder("basic"), "Dockerfile"), "utf8"), /berth\.migrations/);
});

test("policies hold", () => {
  assertPolicies(registered);
});
