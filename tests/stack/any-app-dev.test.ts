import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
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
mkdirSync(join(folder, "src"));
renameSync(join(folder, "server.js"), join(folder, "src/server.js"));
writeFileSync(
  join(folder, "berth.json"),
  JSON.stringify({
    ...examine(folder).declaration,
    web: "node --enable-source-maps src/server.js",
    reload: { from: "src", to: "/srv/src" },
  }),
);

const registered = await runProgram("dev", { appFolder: relative(process.cwd(), folder), appPort: "8123" });
const app = registered.find(({ name }) => name === "app-1") ?? assert.fail("app-1");

test("dev runs a foreign application with its sources mounted and watched, and options of Node's kept", () => {
  assert.deepEqual(
    [app.inputs["entrypoints"], app.inputs["command"]],
    [["node"], ["--watch-path=/srv/src", "--enable-source-maps", "src/server.js"]],
  );
  const mounts = app.inputs["mounts"] as {
    type: string;
    source: string;
    target: string;
    readOnly?: boolean;
  }[];
  assert.deepEqual(
    mounts.filter(({ type }) => type === "bind"),
    [{ type: "bind", source: resolve(folder, "src"), target: "/srv/src", readOnly: true }],
  );
});

test("its own port is published on loopback, and no container is asked for that it does not declare", () => {
  assert.deepEqual(
    (app.inputs["ports"] as { internal: number; external: number; ip: string }[]).map(
      ({ external, internal, ip }) => `${ip}:${external}->${internal}`,
    ),
    ["127.0.0.1:8123->3000"],
  );
  const names = ofType(registered, containerType).map(({ name }) => name);
  assert.deepEqual(names.sort(), ["adminer", "app-1", "postgres"]);
  assert.ok(!registered.some(({ name }) => name === "migration-sample-data"), "it declares no seed");
});

test("policies hold", () => {
  assertPolicies(registered);
});
