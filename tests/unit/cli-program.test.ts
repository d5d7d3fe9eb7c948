import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { exitCode } from "../../system/exit-code.ts";
import { createProgram } from "../../cli/program.ts";

const root = join(import.meta.dirname, "../..");
const docs = readFileSync(join(root, "docs/commands.md"), "utf8");
const program = await createProgram(() => Promise.resolve());

/** Runs `berth` as a user does, in a process of its own. */
async function berth(...args: string[]) {
  const run = promisify(execFile)(process.execPath, [join(root, "cli/berth.mjs"), ...args]);
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as { code: number; stdout: string; stderr: string },
  );
}

test("docs/commands.md has every command, and no other", () => {
  const documented = [...docs.matchAll(/^### ([\w-]+)$/gm)].map((match) => match[1]).sort();
  assert.deepEqual(documented, program.commands.map((command) => command.name()).sort());
});

test("every option is in its command's help and, except shared ones, in the documentation", () => {
  for (const command of program.commands) {
    for (const { long } of command.options) {
      assert.ok(
        long !== undefined && command.helpInformation().includes(long),
        `${command.name()} ${long ?? ""}`,
      );
      assert.ok(
        docs.includes(long) || ["--name", "--concurrency", "--diff", "--follow"].includes(long),
        `docs: ${long}`,
      );
    }
  }
});

test("every command's help has examples that can be typed", () => {
  for (const command of program.commands) {
    let help = "";
    command.configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    assert.match(help, /\nExamples:\n {2}(?:npx berth|npm test|npm run check|eval )/, command.name());
  }
});

test("the documentation has every exit code that the program uses", () => {
  const table = docs.slice(docs.indexOf("## Exit codes"));
  for (const code of Object.values(exitCode)) assert.match(table, new RegExp(`^\\| ${code} `, "m"));
});

test("package.json has a script for each command, except those that only make sense with npx", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const command of program.commands.map((entry) => entry.name()).filter((name) => name !== "env")) {
    assert.equal(scripts[command], `node cli/berth.mjs ${command}`);
  }
});

test("help is no failure; a mistyped command or option is, with a suggestion", async () => {
  const help = await berth("--help");
  assert.deepEqual([help.code, help.stdout.includes("Usage: berth <command>")], [0, true]);
  const command = await berth("statsu");
  assert.deepEqual([command.code, command.stderr.includes("(Did you mean status?)")], [2, true]);
  const option = await berth("up", "--stak", "dev");
  assert.deepEqual([option.code, option.stderr.includes("(Did you mean --stack?)")], [2, true]);
  const time = await berth("up", "--lock-wait", "soon");
  assert.deepEqual([time.code, time.stderr.includes("A time such as 90s or 10m is expected.")], [2, true]);
});

test("a mistyped stack name stops before anything is set up, with a suggestion", async () => {
  const attempts = ["up", "down", "preview", "status", "logs", "psql", "shell", "seed", "env"].map(
    async (command) => {
      const { code, stdout, stderr } = await berth(command, "--stack", "basci");
      assert.deepEqual([code, stdout], [2, ""], command);
      assert.match(stderr, /did you mean basic\?/, command);
      assert.doesNotMatch(stderr, /Pulumi engine|Docker/, command);
    },
  );
  await Promise.all(attempts);
});

test("an impossible module name is refused with one that would work; only modules can be created and removed", async () => {
  for (const name of ["Orders", "../x", "1st", "a--b", "customers"]) {
    const { code, stderr } = await berth("new", "module", name);
    assert.deepEqual([code, /small letters|exists already/.test(stderr)], [2, true], name);
  }
  const unknown = await berth("remove", "module", "nothing", "--yes");
  assert.deepEqual([unknown.code, unknown.stderr.includes("There are: customers")], [2, true]);
  const unasked = await berth("remove", "module", "customers");
  assert.deepEqual([unasked.code, unasked.stderr.includes("--yes")], [2, true]);
  const thing = await berth("new", "table", "orders");
  assert.deepEqual([thing.code, thing.stderr.includes("module")], [2, true]);
});

test("lite mode and a stack are not asked for at once", async () => {
  const { code, stderr } = await berth("seed", "--lite", "--stack", "dev");
  assert.deepEqual([code, stderr.includes("cannot be used with")], [2, true]);
});

test("loads one command without the others; an unknown name loads them all, for suggestions", async () => {
  const named = async (wanted: string) =>
    (await createProgram(() => Promise.resolve(), wanted)).commands.map((command) => command.name());
  assert.deepEqual(await named("rollback"), ["rollback"]);
  assert.equal((await named("constructor")).length, program.commands.length);
});
