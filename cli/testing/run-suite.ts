import { once } from "node:events";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import type { SuiteFiles } from "./suites.ts";
import { none, tallyOf, type Tally } from "./tally.ts";

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

/** Runs a suite's files, each in a process of its own, with progress on standard output. */
export async function runSuite({ suite, files, root, name, concurrency, signal }: SuiteRun): Promise<Tally> {
  const stream = run({
    files: files.map((file) => `${root}/${file}`),
    concurrency: concurrency ?? suite.concurrency,
    signal,
    timeout: testTimeout,
    // What a failed test left running must not keep its file, and so the whole run, from ending.
    forceExit: true,
    ...(name === undefined ? {} : { testNamePatterns: [name] }),
  });
  let tally = none;
  stream.on("test:summary", ({ counts, file }) => {
    // Each file has a summary of its own; the one without a file is the run's.
    if (file === undefined) tally = tallyOf(counts);
  });
  const report = stream.pipe(new spec());
  report.pipe(process.stdout, { end: false });
  await once(report, "end");
  return tally;
}
