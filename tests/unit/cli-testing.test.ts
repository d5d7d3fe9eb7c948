import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { checkout } from "../../cli/checkout.ts";
import { InstallError, installDependencies, sameInstallation } from "../../cli/install-dependencies.mjs";
import { chooseTests, filesAtATime, suites, type Suite } from "../../cli/testing/suites.ts";
import { none, renderTally, sum, tallyOf } from "../../cli/testing/tally.ts";
import {
  abandonedTestRuns,
  beginTestRun,
  endTestRun,
  registerTestStack,
  testRunVariable,
} from "../../cli/testing/test-run.ts";
import { listChecks } from "../../cli/checks/checks.ts";

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "berth-testing-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

const files: Record<string, string[]> = {
  unit: ["tests/unit/ports.test.ts", "tests/unit/lock.test.ts"],
  app: ["app/src/modules/customers/customers.test.ts"],
  lite: ["app/src/modules/customers/customers.test.ts"],
  browser: ["app/tests/browser/pages.test.ts"],
  e2e: ["tests/e2e/stack-dev.test.ts", "tests/e2e/stack-prod.test.ts"],
  drill: ["tests/drill/takeover.test.ts"],
};
const filesOf = (suite: Suite) => files[suite.name] ?? [];
const chosen = (...names: string[]) => chooseTests(names, filesOf).flatMap((entry) => entry.files);

test("tests are chosen by suite, by file as one would write it, or all of them in the suites' order", () => {
  assert.deepEqual(
    chooseTests([], filesOf).map(({ suite }) => suite.name),
    ["unit", "app", "lite", "e2e", "browser"],
  );
  assert.deepEqual(chosen("unit"), files["unit"]);
  for (const name of [
    "e2e/stack-dev",
    "tests/e2e/stack-dev",
    "tests/e2e/stack-dev.test.ts",
    "./tests/e2e/stack-dev.test.ts",
  ]) {
    assert.deepEqual(chosen(name), ["tests/e2e/stack-dev.test.ts"], name);
  }
  // A drill runs only if it is named.
  assert.deepEqual(chosen("drill/takeover"), files["drill"]);
  assert.deepEqual(chosen("app/src/modules"), files["app"]);
  const suitesOf = (name: string) => chooseTests([name], filesOf).map(({ suite }) => suite.name);
  assert.deepEqual(suitesOf("lite"), ["lite"]);
  assert.deepEqual(suitesOf("app"), ["app"]);
  assert.deepEqual(suitesOf("lite/app/src/modules"), ["lite"]);
  assert.deepEqual(suitesOf("app/src/modules/customers/customers.test.ts"), ["app"]);
  assert.deepEqual(chosen("unit/lock", "e2e/stack-prod"), [
    "tests/unit/lock.test.ts",
    "tests/e2e/stack-prod.test.ts",
  ]);
});

test("an unknown test is answered with the existing ones; a suite without files is empty", () => {
  assert.throws(
    () => chosen("unit/lokc"),
    /No test matches unit\/lokc\. Suites: unit, app, lite, stack, e2e, browser, drill/,
  );
  assert.deepEqual(chosen("stack"), []);
  assert.deepEqual(
    suites.map(({ name }) => name),
    ["unit", "app", "lite", "stack", "e2e", "browser", "drill"],
  );
});

test("whole stacks run first, fewer at a time than the others", () => {
  const [e2e] = suites.filter(({ name }) => name === "e2e");
  assert.ok(e2e);
  const all = ["tests/e2e/edge-a.test.ts", "tests/e2e/stack-a.test.ts", "tests/e2e/stack-b.test.ts"];
  assert.deepEqual(filesAtATime(e2e, all, undefined), [
    { files: all.slice(1), concurrency: 2 },
    { files: all.slice(0, 1), concurrency: 3 },
  ]);
  assert.deepEqual(
    filesAtATime(e2e, all, 1).map(({ concurrency }) => concurrency),
    [1, 1],
  );
  const [unit] = suites;
  assert.ok(unit);
  assert.deepEqual(filesAtATime(unit, all, undefined), [{ files: all, concurrency: 2 }]);
});

test("every test that did not pass has failed; skipped tests show only if there are any", () => {
  const tally = tallyOf({ tests: 8, passed: 3, skipped: 1, todo: 1 });
  assert.deepEqual(tally, { passed: 3, failed: 3, skipped: 2 });
  assert.equal(renderTally(tally), "3 passed, 3 failed, 2 skipped");
  assert.equal(renderTally(sum(none, { passed: 5, failed: 0, skipped: 0 })), "5 passed, 0 failed");
});

test("what failed in a suite of real stacks runs once more, alone; both runs are told, the last one counts", (t) => {
  const folder = folderOf(t);
  const mark = join(folder, "ran");
  const programs = {
    "well.test.mjs": 'test("well", () => {});',
    "once.test.mjs": `test("well", () => {}); test("fails at first", () => {
      if (!existsSync(${JSON.stringify(mark)})) { writeFileSync(${JSON.stringify(mark)}, ""); throw new Error("busy"); }
    });`,
    "broken.test.mjs": "process.exit(3);",
  };
  for (const [name, text] of Object.entries(programs)) {
    const imports = 'import { test } from "node:test"; import { existsSync, writeFileSync } from "node:fs";';
    writeFileSync(join(folder, name), `${imports}\n${text}`);
  }
  const run = (again: boolean) => {
    rmSync(mark, { force: true });
    const script = `import { runSuite } from ${JSON.stringify(join(checkout.root, "cli/testing/run-suite.ts"))};
      const suite = { name: "e2e", patterns: [], needs: [], concurrency: 1, ...(${again} ? { again: true } : {}) };
      const files = ${JSON.stringify(Object.keys(programs))};
      const run = { suite, files, root: ${JSON.stringify(folder)}, name: undefined, concurrency: undefined };
      console.log(JSON.stringify(await runSuite({ ...run, signal: new AbortController().signal })));`;
    const env = { ...process.env };
    delete env["NODE_TEST_CONTEXT"];
    const program = join(folder, "run.mjs");
    writeFileSync(program, script);
    return spawnSync(process.execPath, [program], { env }).stdout.toString();
  };
  assert.match(run(false), /\{"passed":2,"failed":2,"skipped":0\}\n$/);
  const said = run(true);
  assert.match(said, /Once more, alone, what failed: once\.test\.mjs, broken\.test\.mjs/);
  assert.match(said, /once\.test\.mjs: passed in its second run\nbroken\.test\.mjs: failed twice/);
  assert.match(said, /\{"passed":3,"failed":1,"skipped":0\}\n$/);
});

test("objects that a test registered are removed at the end of its run, unregistered ones stay", async (t) => {
  const folder = folderOf(t);
  const run = beginTestRun();
  const program = join(folder, "test.ts");
  const paths = { left: join(folder, "left"), removed: join(folder, "removed") };
  for (const path of Object.values(paths)) writeFileSync(path, "");
  writeFileSync(
    program,
    `import { registerTestStack } from ${JSON.stringify(join(checkout.root, "cli/testing/test-run.ts"))};
     registerTestStack({ paths: [${JSON.stringify(paths.left)}] });
     registerTestStack({ paths: [${JSON.stringify(paths.removed)}] })();`,
  );
  const child = spawnSync(process.execPath, [program], { env: { ...process.env, [testRunVariable]: run } });
  assert.equal(child.status, 0, child.stderr.toString());
  assert.equal(readdirSync(join(checkout.testRuns, run)).length, 2);
  await endTestRun(run, process.env, () => undefined);
  assert.deepEqual([existsSync(paths.left), existsSync(paths.removed)], [false, true]);
  assert.equal(existsSync(join(checkout.testRuns, run)), false);
});

test("what a test left elsewhere is undone by its commands, before its files go, though one of them fails", async (t) => {
  const folder = folderOf(t);
  const [left, seen] = [join(folder, "left"), join(folder, "seen")];
  writeFileSync(left, "");
  const run = beginTestRun();
  t.after(() => endTestRun(run, process.env, () => undefined));
  const before = process.env[testRunVariable];
  process.env[testRunVariable] = run;
  try {
    const undo: [string, ...string[]][] = [["false"], ["no-such-program"], ["cp", left, seen]];
    registerTestStack({ undo, paths: [left] });
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.env, testRunVariable);
    else process.env[testRunVariable] = before;
  }
  await endTestRun(run, process.env, () => undefined);
  assert.deepEqual([existsSync(left), existsSync(seen)], [false, true]);
});

test("a run whose process is gone is found, a running one is left alone", (t) => {
  const own = beginTestRun();
  const script = `import { beginTestRun } from ${JSON.stringify(join(checkout.root, "cli/testing/test-run.ts"))}; process.stdout.write(beginTestRun());`;
  const child = spawnSync(process.execPath, ["--input-type=module-typescript", "-e", script]);
  const gone = child.stdout.toString();
  t.after(() => {
    for (const run of [own, gone]) rmSync(join(checkout.testRuns, run), { recursive: true, force: true });
  });
  assert.match(gone, /^[0-9a-f-]{36}$/, child.stderr.toString());
  const abandoned = abandonedTestRuns();
  assert.deepEqual([abandoned.includes(own), abandoned.includes(gone)], [false, true]);
});

test("checks shell scripts and Go modules if there are any", () => {
  const names = (scripts: string[], goModules: string[]) =>
    listChecks({ scripts, goModules }).map(({ name }) => name);
  const always = ["lint", "types", "types of app/", "format", "dead code", "floors", "the way of rollback"];
  assert.deepEqual(names([], []), always);
  assert.deepEqual(names(["a.sh"], ["toolchain"]), [...always, "shell", "go vet of toolchain"]);
});

test("npm's record of an installation is compared with the lockfile; other platforms' packages may be missing", () => {
  const wanted = {
    packages: {
      "": {},
      "node_modules/a": { version: "1.0.0", integrity: "x" },
      "node_modules/b": { version: "2.0.0", optional: true },
    },
  };
  const a = { version: "1.0.0", integrity: "x" };
  assert.equal(sameInstallation(wanted, { packages: { "node_modules/a": a } }), true);
  assert.equal(sameInstallation(wanted, { packages: {} }), false);
  assert.equal(sameInstallation(wanted, { packages: { "node_modules/a": { ...a, integrity: "y" } } }), false);
  assert.equal(sameInstallation(wanted, { packages: { "node_modules/a": a, "node_modules/c": a } }), false);
});

/** A checkout with one dependency that npm needs no network for. */
function project(folder: string): void {
  const write = (name: string, content: object) => {
    writeFileSync(join(folder, name), JSON.stringify(content));
  };
  write("package.json", { name: "p", version: "1.0.0", dependencies: { dependency: "file:dependency" } });
  write("package-lock.json", {
    name: "p",
    version: "1.0.0",
    lockfileVersion: 3,
    packages: {
      "": { name: "p", version: "1.0.0", dependencies: { dependency: "file:dependency" } },
      dependency: { name: "dependency", version: "1.0.0" },
      "node_modules/dependency": { resolved: "dependency", link: true },
    },
  });
}

test("dependencies are installed once, again when the lockfile changes, and again after an interruption", async (t) => {
  const folder = folderOf(t);
  project(folder);
  spawnSync("mkdir", [join(folder, "dependency")]);
  writeFileSync(join(folder, "dependency/package.json"), '{"name":"dependency","version":"1.0.0"}');
  const titles = async () => (await installDependencies(folder)).map(({ title }) => title);
  assert.deepEqual(await titles(), ["npm dependencies"]);
  assert.ok(existsSync(join(folder, "node_modules/dependency/package.json")));
  assert.deepEqual(await titles(), []);
  // The stamp is what an interrupted installation lacks; without npm's own record it is done again.
  rmSync(join(folder, "node_modules/.berth-lockfile"));
  rmSync(join(folder, "node_modules/.package-lock.json"));
  assert.deepEqual(await titles(), ["npm dependencies"]);
  assert.deepEqual(readdirSync(join(folder, ".berth/locks/npm")), []);
});

test("an installation that fails says so and leaves no stamp", async (t) => {
  const folder = folderOf(t);
  project(folder);
  // A lockfile that is not this package.json's is what npm ci refuses.
  writeFileSync(
    join(folder, "package.json"),
    '{"name":"p","version":"1.0.0","dependencies":{"another":"file:another"}}',
  );
  await assert.rejects(installDependencies(folder), (error) => {
    assert.ok(error instanceof InstallError);
    assert.equal(error.exitCode, 3);
    assert.match(error.message, /npm ci failed/);
    return true;
  });
  assert.equal(existsSync(join(folder, "node_modules/.berth-lockfile")), false);
});
