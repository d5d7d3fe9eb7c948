import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { removeEmptyAttributes } from "../../cli/locks/empty-attributes.ts";

test("removes an empty attributes file of this stack alone; without a stack, nothing happens", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "berth-attributes-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  removeEmptyAttributes(folder, "berth", "prod");
  const states = join(folder, ".pulumi", "stacks", "berth");
  mkdirSync(states, { recursive: true });
  const files = { "prod.json": "", "prod.json.attrs": "", "prod.json.bak.attrs": "{}", "dev.json.attrs": "" };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(states, name), text);
  removeEmptyAttributes(folder, "berth", "prod");
  assert.deepEqual(readdirSync(states).sort(), ["dev.json.attrs", "prod.json", "prod.json.bak.attrs"]);
});
