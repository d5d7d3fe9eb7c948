import assert from "node:assert/strict";
import { test } from "node:test";
import { onlyDataVariable } from "../../infra/facts/only-data.ts";
import { runProgram } from "../support/mock-engine.ts";

process.env[onlyDataVariable] = "1";
const registered = await runProgram("prod");

test("before a restore on an empty host nothing is there that serves, migrates or publishes", () => {
  const running = registered.flatMap(({ name, type }) =>
    type === "docker:index/container:Container" ? [name] : [],
  );
  assert.ok(running.includes("postgres") && running.includes("backups"), running.join());
  assert.deepEqual(
    running.filter((name) => /^(?:app|worker|nginx|proxy|redis|certbot)/.test(name)),
    [],
  );
  for (const { name } of registered) assert.doesNotMatch(name, /^(?:migration|traffic|database-roles)/);
});
