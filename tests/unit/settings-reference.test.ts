import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { format } from "prettier";
import { settingsReference } from "../../stacks/reference.ts";

const file = join(import.meta.dirname, "../../docs/settings.md");
const mark = "<!-- reference -->";

test("docs/settings.md lists every setting as the program has it", async () => {
  const page = readFileSync(file, "utf8");
  const text = page.slice(0, page.indexOf(mark) + mark.length);
  const wanted = await format(`${text}\n\n${settingsReference()}`, { parser: "markdown", printWidth: 110 });
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, wanted);
  else assert.equal(page, wanted, "run it with UPDATE_GOLDEN=1 and review the difference");
});
