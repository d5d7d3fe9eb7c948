import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { omit } from "../src/platform/omit.ts";

const run = promisify(execFile);
const app = join(import.meta.dirname, "..");
const parts = ["src", "tests", "scripts", "package.json", "tsconfig.json"];

let copy: string;

/** Every file of the copy with its content, to see what a program touched. */
async function snapshot(): Promise<Map<string, string>> {
  const names = await readdir(join(copy, "app", "src"), { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.map(async (file) => [file, await readFile(file, "utf8")] as const)));
}

before(async () => {
  copy = await mkdtemp(join(tmpdir(), "berth-module-"));
  for (const part of parts) await cp(join(app, part), join(copy, "app", part), { recursive: true });
  await cp(join(app, "..", "tsconfig.base.json"), join(copy, "tsconfig.base.json"));
  await symlink(join(app, "node_modules"), join(copy, "app", "node_modules"));
});

after(async () => {
  await rm(copy, { recursive: true });
});

const script = (name: string, ...parameters: string[]) =>
  run(process.execPath, [join(copy, "app", "scripts", name), ...parameters], { cwd: copy });

test("a new module compiles, its tests pass unedited, nothing else changes, and it goes away again", async () => {
  const before = await snapshot();
  await script("new-module.ts", "order-items");
  const made = await snapshot();
  const folder = join(copy, "app", "src", "modules", "order-items");
  for (const [file, text] of made) assert.ok(file.startsWith(folder) || before.get(file) === text, file);
  assert.equal(made.size, before.size + 4);
  await run(
    process.execPath,
    [join(app, "node_modules", "typescript", "bin", "tsc"), "-p", join(copy, "app")],
    { cwd: copy },
  );
  const environment = omit(process.env, "NODE_TEST_CONTEXT");
  const result = await run(process.execPath, ["--test", "src/modules/order-items/order-items.test.ts"], {
    cwd: join(copy, "app"),
    env: environment,
  });
  assert.match(result.stdout, /pass 3/);
  const removed = await script("remove-module.ts", "order-items", "--yes");
  assert.match(removed.stdout, /drop table order_items/);
  assert.deepEqual([...(await snapshot())], [...before]);
});

test("names that cannot be are refused, with what would do", async () => {
  for (const name of ["Orders", "../x", "1st", "a--b", ""]) {
    await assert.rejects(
      script("new-module.ts", name),
      (error: Error & { code: number; stderr: string }) =>
        error.code === 64 && error.stderr.includes("small letters"),
    );
  }
  await assert.rejects(script("new-module.ts", "customers"), /exists already/);
  await assert.rejects(script("remove-module.ts", "nothing", "--yes"), /There are: customers/);
});
