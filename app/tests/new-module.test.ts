import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import ts from "typescript";
import { moduleNameProblem, sqlWords } from "../scripts/module-name.ts";
import { makeModule } from "../scripts/new-module.ts";
import { findRemovableModule } from "../scripts/remove-module.ts";
import { omit } from "../src/platform/omit.ts";
import { createTestDatabase } from "./support/test-database.ts";

const run = promisify(execFile);
const app = join(import.meta.dirname, "..");
const parts = ["src", "tests", "scripts", "package.json", "tsconfig.json"];
const name = "order-items";

let copy: string;

/** Every file of the copy with its content, to see what a program touched. */
async function snapshot(): Promise<Map<string, string>> {
  const names = await readdir(join(copy, "app", "src"), { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.map(async (file) => [file, await readFile(file, "utf8")] as const)));
}

/** What the compiler says of these files; whatever else they import is checked elsewhere. */
function typeErrors(files: readonly string[]): string[] {
  const host = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }: ts.Diagnostic) => {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, "\n"));
    },
  };
  const config = ts.getParsedCommandLineOfConfigFile(join(copy, "app", "tsconfig.json"), {}, host);
  assert.ok(config);
  const sources = files.filter((file) => file.endsWith(".ts"));
  const program = ts.createProgram(sources, { ...config.options, noEmit: true });
  return sources
    .flatMap((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
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

test("a new module compiles, its tests pass unedited, no other file changes, and it can be removed", async () => {
  const before = await snapshot();
  const result = makeModule(join(copy, "app"), name, new Date());
  assert.ok("files" in result);
  const made = await snapshot();
  const folder = join(copy, "app", "src", "modules", name);
  for (const [file, text] of made) assert.ok(file.startsWith(folder) || before.get(file) === text, file);
  assert.equal(made.size, before.size + result.files.length);
  assert.ok(result.files.every((file) => made.has(join(copy, "app", file))));
  assert.deepEqual(typeErrors(result.files.map((file) => join(copy, "app", file))), []);
  const environment = omit(process.env, "NODE_TEST_CONTEXT");
  const tested = await run(process.execPath, ["--test", "src/modules/order-items/order-items.test.ts"], {
    cwd: join(copy, "app"),
    env: environment,
  });
  assert.match(tested.stdout, /pass 3/);
  const found = findRemovableModule(join(copy, "app"), name);
  assert.ok("tables" in found);
  assert.deepEqual(found.tables, ["order_items"]);
  found.remove();
  assert.deepEqual([...(await snapshot())], [...before]);
});

test("impossible names are refused with one that would work, and nothing is created", async () => {
  const before = await snapshot();
  const wrong = {
    form: ["Orders", "../x", "1st", "a--b", "", "a".repeat(41)],
    folders: ["customers"],
    tables: ["users", "sessions", "visits", "audit-events"],
    pages: ["media", "jobs", "audit", "account", "session"],
    sql: ["order", "user", "group", "check", "current-date"],
    script: ["class", "import", "await", "eval", "z", "module", "define-resource"],
  };
  for (const refused of Object.values(wrong).flat()) {
    const result = makeModule(join(copy, "app"), refused, new Date());
    assert.ok("problem" in result, refused);
    const [, other = ""] = /Take another name: (\S+) would do\.$/.exec(result.problem) ?? [];
    assert.equal(moduleNameProblem(join(copy, "app"), other), undefined, result.problem);
  }
  assert.match(moduleNameProblem(app, "order") ?? "", /reserved word of SQL.* orders would do/);
  assert.match(moduleNameProblem(app, "users") ?? "", /table users already.* user-records would do/);
  assert.match(moduleNameProblem(app, "Order Items") ?? "", /small letters.* order-items would do/);
  for (const fine of ["orders", "order-items", "classes", "values", "undefined-things"])
    assert.equal(moduleNameProblem(app, fine), undefined);
  const found = findRemovableModule(join(copy, "app"), "../modules/customers");
  assert.ok("problem" in found);
  assert.match(found.problem, /There are: customers/);
  assert.deepEqual([...(await snapshot())], [...before]);
});

test("the module that README.md writes piece by piece compiles, and its test passes", async () => {
  const readme = await readFile(join(app, "README.md"), "utf8");
  const files = new Map<string, string>();
  for (const [, code = ""] of readme.matchAll(/^```ts\n(.*?)^```$/gms)) {
    files.set(/^\/\/ (src\/modules\/stands\/\S+)$/m.exec(code)?.[1] ?? "", code);
  }
  assert.ok(files.size > 5 && !files.has(""), [...files.keys()].join(", "));
  for (const [file, code] of files) {
    await mkdir(dirname(join(copy, "app", file)), { recursive: true });
    await writeFile(join(copy, "app", file), code);
  }
  assert.deepEqual(typeErrors([...files.keys()].map((file) => join(copy, "app", file))), []);
  const tested = await run(process.execPath, ["--test", "src/modules/stands/stands.test.ts"], {
    cwd: join(copy, "app"),
    env: omit(process.env, "NODE_TEST_CONTEXT"),
  });
  assert.match(tested.stdout, /pass 1/);
  await rm(join(copy, "app", "src", "modules", "stands"), { recursive: true });
});

test("the words refused as SQL are those that this Postgres reserves", async () => {
  const home = await createTestDatabase("empty");
  try {
    const { rows } = await home.database.raw<{ rows: { word: string }[] }>(
      "select word from pg_get_keywords() where catcode in ('R', 'T')",
    );
    assert.deepEqual(
      rows.map(({ word }) => word).filter((word) => !sqlWords.has(word)),
      [],
    );
  } finally {
    await home.drop();
  }
});
