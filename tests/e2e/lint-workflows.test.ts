import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { finish } from "../support/docker.ts";

test("actionlint and zizmor have nothing to say of the workflows", { timeout: 600_000 }, async () => {
  const { status, stdout, stderr } = await finish("bash", ["pipeline/lint-workflows.sh"], {
    cwd: join(import.meta.dirname, "../.."),
  });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout + stderr, /No findings to report/);
});
