import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { valueImports } from "../../cli/checks/value-imports.ts";

test("distinguishes the modules that a file loads from types that it names", (context) => {
  const root = mkdtempSync(join(tmpdir(), "berth-imports-"));
  context.after(() => {
    rmSync(root, { recursive: true });
  });
  const text = [
    'import { join } from "node:path";',
    'import { a } from "./a.ts";',
    'import type { T } from "./types.ts";',
    'import { type U } from "./more-types.ts";',
    'import { b, type V } from "../b.ts";',
    'import "./effect.ts";',
    'export { c } from "./c.ts";',
    'export type { W } from "./other-types.ts";',
    'export const later = async () => import("./later.ts");',
    'const text = "import { no } from \\"./no.ts\\"";',
  ].join("\n");
  writeFileSync(join(root, "file.ts"), text);
  assert.deepEqual(valueImports(root, "file.ts"), ["a.ts", "../b.ts", "effect.ts", "c.ts", "later.ts"]);
});
