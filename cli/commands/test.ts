import { globSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import { checkout } from "../checkout.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { prepareBrowser } from "../testing/prepare-browser.ts";
import { prepareDocker } from "../docker/prepare-docker.ts";
import { preparePulumiCli } from "../pulumi-cli/prepare-pulumi-cli.ts";
import { runSuite } from "../testing/run-suite.ts";
import { chooseTests, type Suite, type SuiteFiles } from "../testing/suites.ts";
import { none, renderTally, sum, type Tally } from "../testing/tally.ts";
import { startTestDatabase } from "../testing/test-database.ts";
import { abandonedTestRuns, beginTestRun, endTestRun, testRunVariable } from "../testing/test-run.ts";
import { withExamples, type AddCommand } from "./command.ts";

interface TestOptions {
  readonly name?: string;
  readonly concurrency?: number;
}

/** `berth test`: set up what the tests need, and run them. */
export const addTest: AddCommand = (program, run) => {
  const command = program
    .command("test [suites...]")
    .description("set up what the tests need, and run them: unit, app, lite, stack, e2e, browser")
    .option("-t, --name <pattern>", "only tests whose name matches")
    .option("--concurrency <files>", "files at a time", parseCount);
  withExamples(command, [
    ["npm test", "every test"],
    ["npm test -- unit app", "two suites"],
    ["npm test -- e2e/ports", "tests/e2e/ports.test.ts"],
    ["npm test -- unit -t 'wrong passphrase'", "tests by name"],
  ]).action(async (names: string[], options: TestOptions) =>
    run({ showSteps: true }, (session) => runTests(session, names, options)),
  );
};

/** Sets up what the chosen tests need, and runs them. */
export async function runTests(
  session: Session,
  names: readonly string[],
  options: TestOptions,
): Promise<number> {
  const chosen = chooseTests(names, filesOf);
  const needs = new Set(chosen.flatMap(({ suite }) => suite.needs));
  Object.assign(process.env, session.env);
  try {
    if (needs.has("docker")) await prepareDocker(session, undefined);
    if (needs.has("browser")) await prepareBrowser(session);
    if (needs.has("pulumi-cli")) Object.assign(process.env, (await preparePulumiCli(session)).exports);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    session.say(error.message);
    session.print(renderTally({ ...none, failed: 1 }));
    return error.exitCode;
  }
  for (const run of abandonedTestRuns()) {
    const removed = await endTestRun(run, session.env, session.say);
    if (removed.length > 0)
      session.say(`Removed objects that an earlier test run left: ${removed.join(", ")}`);
  }
  const run = beginTestRun();
  // Tests and their children inherit it, so leftovers are found by it.
  process.env[testRunVariable] = run;
  let tally = none;
  try {
    for (const files of chosen) {
      if (session.interruption.signal.aborted) break;
      tally = sum(tally, await runOne(session, files, options));
    }
  } finally {
    const removed = await endTestRun(run, session.env, session.say);
    if (removed.length > 0) session.say(`Removed objects that tests left: ${removed.join(", ")}`);
    if (session.interruption.exitCode !== undefined) session.say("Interrupted.");
    // The last line of all, whatever happened: scripts read it.
    session.print(renderTally(tally));
  }
  if (session.interruption.exitCode !== undefined) return session.interruption.exitCode;
  return tally.failed === 0 ? exitCode.done : exitCode.failed;
}

async function runOne(session: Session, files: SuiteFiles, options: TestOptions): Promise<Tally> {
  const { suite } = files;
  session.print(`\n== ${suite.name}: ${files.files.length} files`);
  const server = suite.needs.includes("database") ? await startTestDatabase(process.env) : undefined;
  const before = { ...process.env };
  Object.assign(process.env, suite.env, server === undefined ? {} : { TEST_DATABASE_URL: server.url });
  try {
    return await runSuite({
      ...files,
      root: checkout.root,
      name: options.name,
      concurrency: options.concurrency,
      signal: session.interruption.signal,
    });
  } finally {
    // The next suite has variables and a server of its own.
    process.env = before;
    await server?.stop();
  }
}

function filesOf(suite: Suite): string[] {
  const matching = (patterns: readonly string[] = []) =>
    patterns.flatMap((pattern) => globSync(pattern, { cwd: checkout.root }).sort());
  const passedOver = new Set(matching(suite.without));
  return [...new Set(matching(suite.patterns))].filter((file) => !passedOver.has(file));
}

function parseCount(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("A whole number is expected.");
  return Number(text);
}
