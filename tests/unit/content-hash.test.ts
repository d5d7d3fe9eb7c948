import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { contextHash } from "../../infra/facts/content-hash.ts";

test("a build context's hash depends on the sent files only", (t) => {
  const context = mkdtempSync(join(tmpdir(), "berth-context-"));
  t.after(() => {
    rmSync(context, { recursive: true });
  });
  mkdirSync(join(context, "src"));
  writeFileSync(join(context, "Dockerfile"), "FROM scratch\n");
  writeFileSync(join(context, ".dockerignore"), "*\n!src\nsrc/**/*.test.ts\n");
  writeFileSync(join(context, "src/main.ts"), "1\n");
  const first = contextHash(context);
  assert.match(first, /^[0-9a-f]{12}$/);

  writeFileSync(join(context, "src/main.test.ts"), "ignored\n");
  writeFileSync(join(context, "README.md"), "ignored\n");
  assert.equal(contextHash(context), first);

  chmodSync(join(context, "src/main.ts"), 0o755);
  const executable = contextHash(context);
  assert.notEqual(executable, first);

  writeFileSync(join(context, "Dockerfile"), "FROM scratch\nUSER 1\n");
  assert.notEqual(contextHash(context), executable);
});
