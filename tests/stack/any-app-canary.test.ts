import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, test } from "node:test";
import { examine } from "../../cli/adoption/examine.ts";
import { writeHostileApp } from "../support/hostile-app.ts";
import { runProgram } from "../support/mock-engine.ts";
import { assertPolicies, containerType, ofType } from "../support/registered.ts";

const folder = mkdtempSync(join(tmpdir(), "berth-any-app-"));
after(() => {
  rmSync(folder, { recursive: true });
});
writeHostileApp(folder, { node: "node:24", debian: "debian:13" });
writeFileSync(join(folder, "berth.json"), JSON.stringify(examine(folder).declaration));
const serving = "berth/app-prod:0a1b2c3d4e5f";

const registered = await runProgram("prod", {
  domain: "example.org",
  replicas: "2",
  appFolder: relative(process.cwd(), folder),
  appImage: serving,
  canary: "10",
});
const named = (name: string) => registered.find((one) => one.name === name) ?? assert.fail(name);

test("a canary of a foreign application runs its sources, beside the image that serves", () => {
  const images = new Map(
    ofType(registered, containerType).map(({ name, inputs }) => [name, String(inputs["image"])]),
  );
  assert.equal(images.get("app-1"), serving);
  assert.equal(images.get("app-2"), serving);
  assert.match(images.get("canary") ?? "", /^berth\/app-prod:[0-9a-f]{12}$/);
  assert.notEqual(images.get("canary"), serving);
  const { inputs } = ofType(registered, containerType).find(({ name }) => name === "canary") ?? assert.fail();
  assert.deepEqual([inputs["entrypoints"], inputs["command"]], [["node"], ["server.js"]]);
});

test("Nginx has a group for it, on the application's own port", () => {
  const set = String(named("traffic-switch").inputs["stdin"]);
  const group = (name: string) =>
    [
      ...(new RegExp(`^upstream ${name} \\{([^}]*)\\}`, "m").exec(set)?.[1] ?? "").matchAll(/server (\S+)/g),
    ].map(([, address]) => address);
  assert.deepEqual(group("application"), ["app-1:3000", "app-2:3000"]);
  assert.equal(group("application_canary")[0], "canary:3000");
});

test("its migrations run from the canary's image, before it starts", () => {
  assert.match(
    String(named("migration-up").inputs["create"]),
    /berth\/app-prod:[0-9a-f]{12} .*migrate:latest/,
  );
});

test("policies hold", () => {
  assertPolicies(registered);
});
