import assert from "node:assert/strict";
import { test } from "node:test";
import { capture } from "../../system/run.ts";
import { userName } from "../../system/user-name.ts";

const file = new URL("../../system/user-name.ts", import.meta.url).href;

test("a user has a name", () => {
  assert.ok(userName().length > 0);
});

test(
  "an id that no user has is a name as well",
  { skip: process.getuid?.() !== 0 && "only root can be somebody else" },
  async () => {
    const script = `const { userName } = await import("${file}"); process.setuid(4242); console.log(userName())`;
    const args = ["--input-type=module", "--eval", script];
    const { stdout, stderr } = await capture({ command: process.execPath, args });
    assert.equal(stdout, "uid 4242\n", stderr);
  },
);
