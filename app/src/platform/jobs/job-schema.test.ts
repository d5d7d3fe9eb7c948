import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { getConstructionPlans } from "pg-boss";

const migrations = join(import.meta.dirname, "../migrations");

/** Version of the queue's schema that a script leaves behind. */
function versionIn(script: string): string | undefined {
  return /into jobs\.version\s*\(version\)\s*values\s*\('(\d+)'\)|jobs\.version set version = '(\d+)'/i
    .exec(script)
    ?.slice(1)
    .find(Boolean);
}

test("the migrations make the tables that the pinned pg-boss wants", async () => {
  const scripts = (await readdir(migrations)).filter((name) => /_jobs_.*\.sql$/.test(name)).sort();
  const newest = await readFile(join(migrations, scripts.at(-1) ?? ""), "utf8");
  const wanted = versionIn(getConstructionPlans("jobs"));
  assert.ok(wanted !== undefined);
  assert.equal(versionIn(newest), wanted);
});
