import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { figures } from "../../bench/application/figures.ts";
import { finish } from "../support/docker.ts";

const root = join(import.meta.dirname, "../..");

test("npm run bench -- --quick asks the application and its peers for every figure, and writes nothing", async () => {
  const page = () => readFileSync(join(root, "docs/benchmarks.md"), "utf8");
  const before = page();
  const { status, stdout, stderr } = await finish(process.execPath, ["bench/main.ts", "--quick"], {
    cwd: root,
  });
  assert.equal(status, 0, stderr);
  for (const { name: figure } of figures) {
    const table = stdout.split("### ").find((part) => part.includes(`--only ${figure}\``)) ?? "";
    for (const server of ["berth", "bare", "conventional"])
      assert.match(
        table,
        new RegExp(`^\\| ${server} +\\|.+\\| [1-9][\\d,]* `, "m"),
        `${figure} of ${server}`,
      );
  }
  assert.equal(page(), before);
});

test("a figure that does not exist is refused with those that do", async () => {
  const { status, stderr } = await finish(process.execPath, ["bench/main.ts", "--only", "nothing"], {
    cwd: root,
  });
  assert.equal(status, 2);
  assert.match(stderr, /There is no figure nothing\.[^]*read, route, write/);
});
