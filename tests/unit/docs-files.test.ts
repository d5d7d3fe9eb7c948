import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");
const pages = globSync(["*.md", "{docs,infra,stacks,cli,images,nginx,policy,tests}/**/*.md"], {
  cwd: root,
  exclude: ["**/node_modules/**"],
});
/** A file of a room, as a page names it; patterns and placeholders are no files. */
const named =
  /`((?:system|stacks|releases|images|infra|cli|nginx|tests|bench)\/[\w./-]+\.(?:ts|mjs|sh|py|conf))`/g;

test("every file that a page names by its room is there", () => {
  const found = pages.flatMap((page) =>
    [...readFileSync(join(root, page), "utf8").matchAll(named)].map(([, file = ""]) => ({ page, file })),
  );
  assert.ok(found.length > 40, `${found.length} files are named`);
  assert.deepEqual(
    found.filter(({ file }) => !file.includes("NAME") && !existsSync(join(root, file))),
    [],
  );
});
