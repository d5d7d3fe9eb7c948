import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const projectFile = join(import.meta.dirname, "../../Pulumi.yaml");

test("a container that replaces another never draws its name", () => {
  const pattern = /^ {6}pattern: (.+)$/m.exec(readFileSync(projectFile, "utf8"))?.[1] ?? "";
  const digits = Number(/\$\{hex\((\d+)\)\}$/.exec(pattern)?.[1]);
  // Pulumi draws the end of the name blindly, while the container before still has its own:
  // with four digits, one replacement in 65,536 failed.
  assert.ok(digits >= 6, pattern);
});
