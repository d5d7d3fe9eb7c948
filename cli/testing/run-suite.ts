import { once } from "node:events";
import { join, resolve } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { filesAtATime, type SuiteFiles } from "./suites.ts";
import { none, sum, tallyOf, type Tally } from "./tally.ts";

/** How one suite is run. */
export interface SuiteRun extends SuiteFiles {
  /** Folder that the files' names start from. */
  readonly root: string;
  /** Only tests whose name matches; all if undefined. */
  readonly name: string | undefined;
  readonly concurrency: number | undefined;
  readonly signal: AbortSignal;
}

/** What a test or a suite without a limit of its own may take, in milliseconds. */
const testTimeout = 25 * 60_000;

/** Files of a suite that may be run a second time; with more of them it is not the machine. */
const mostAgain = 4;

/**
 * Runs a suite's files, each in a process of its own, with progress on standard output. A suite of
 * real stacks runs what failed once more, alone: a machine that stalls is no fault of theirs, and
 * one that is theirs shows again.
 */
export async function runSuite(run: SuiteRun): Promise<Tally> {
  const first = new Map<string, Tally>();
  for (const { files, concurrency } of filesAtATime(run.suite, run.files, run.concurrency)) {
    for (const [file, tally] of await runFiles(run, files, concurrency)) first.set(file, tally);
  }
  const failed = [...first].filter(([, { failed }]) => failed > 0).map(([file]) => file);
  if (run.suite.again !== true || failed.length === 0 || failed.length > mostAgain || run.signal.aborted) {
    return total(first);
  }
  process.stdout.write(`\nOnce more, alone, what failed: ${failed.join(", ")}\n`);
  const second = await runFiles(run, failed, 1);
  for (const [file, { failed }] of second)
    process.stdout.write(`${file}: ${failed === 0 ? "passed in its second run" : "failed twice"}\n`);
  return total(new Map([...first, ...second]));
}

/** Runs some files. Returns the tally of each. */
async function runFiles(
  { root, name, signal }: SuiteRun,
  files: readonly string[],
  concurrency: number,
): Promise<Map<string, Tally>> {
  const tallies = new Map<string, Tally>(files.map((file) => [file, none]));
  const add = (path: string, tally: Tally) => {
    const file = files.find((one) => join(root, one) === path);
    if (file !== undefined) tallies.set(file, sum(tallies.get(file) ?? none, tally));
  };
  const stream = run({
    files: files.map((file) => join(root, file)),
    concurrency,
    signal,
    timeout: testTimeout,
    // What a failed test left running must not keep its file, and so the whole run, from ending.
    forceExit: true,
    ...(name === undefined ? {} : { testNamePatterns: [name] }),
  });
  // Each file has a summary of its own, but for one that has broken off; the one without a file is
  // the run's.
  stream.on("test:summary", ({ counts, file }) => {
    if (file !== undefined) add(file, tallyOf(counts));
  });
  // The file itself, which ended badly.
  stream.on("test:fail", ({ name: title, nesting }) => {
    if (nesting === 0) add(resolve(title), { ...none, failed: 1 });
  });
  const report = stream.pipe(new spec());
  report.pipe(process.stdout, { end: false });
  await once(report, "end");
  return tallies;
}

function total(tallies: ReadonlyMap<string, Tally>): Tally {
  return [...tallies.values()].reduce(sum, none);
}
