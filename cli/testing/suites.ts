import { CommandError, exitCode } from "../../system/exit-code.ts";

/** A folder's worth of tests that need the same things. */
export interface Suite {
  readonly name: string;
  /** Patterns of its files, from the checkout's root, in the order they run. */
  readonly patterns: readonly string[];
  /** Patterns of those among them that it passes over. */
  readonly without?: readonly string[];
  /** What has to be there before its first test. */
  readonly needs: readonly ("pulumi-cli" | "docker" | "database" | "browser")[];
  /** Files at a time. */
  readonly concurrency: number;
  /** Files that run first, so many at a time: each of them keeps more than a core busy. */
  readonly heavy?: { readonly files: RegExp; readonly concurrency: number };
  /** A file of it that failed runs once more, alone. */
  readonly again?: true;
  /** Runs only if it is named: a drill takes longer than a test may. */
  readonly onDemand?: true;
  /**
   * Variables of its tests. A suite with some runs files of another one again, under other
   * circumstances.
   */
  readonly env?: Readonly<Record<string, string>>;
}

/** Quick ones first: what breaks everything shows early. */
export const suites: readonly Suite[] = [
  { name: "unit", patterns: ["tests/unit/**/*.test.ts"], needs: [], concurrency: 2 },
  {
    name: "app",
    patterns: ["app/{src,scripts}/**/*.test.ts", "app/tests/*.test.ts"],
    needs: ["docker", "database"],
    // Some wait for other processes more than they work.
    concurrency: 3,
  },
  {
    name: "lite",
    // Without what needs a Postgres of its own kind (plans, several processes, the browser's
    // minutes) and what is about another server.
    patterns: ["app/src/**/*.test.ts", "app/tests/{openapi,programs,refusals}.test.ts"],
    without: ["app/src/**/{redis-cache,s3-storage,s3-signature}.test.ts"],
    needs: [],
    concurrency: 2,
    env: { TEST_DATABASE: "lite" },
  },
  { name: "stack", patterns: ["tests/stack/**/*.test.ts"], needs: [], concurrency: 2 },
  {
    name: "e2e",
    patterns: [
      "tests/e2e/stack-{failures,releases}.test.ts",
      "tests/e2e/stack-*.test.ts",
      "tests/e2e/edge-*.test.ts",
      "tests/e2e/{pulumi-cli,image}-*.test.ts",
      "tests/e2e/**/*.test.ts",
    ],
    // With three whole stacks at a time a slow machine leaves their applications nothing, and what
    // is asked of them is no longer answered in time. The others wait as often as they work.
    heavy: { files: /\/stack-/, concurrency: 2 },
    needs: ["pulumi-cli", "docker"],
    concurrency: 3,
    again: true,
  },
  // One browser at a time: two of them leave two cores nothing for what they look at.
  {
    name: "browser",
    patterns: ["app/tests/browser/*.test.ts"],
    needs: ["docker", "database", "browser"],
    concurrency: 1,
  },
  {
    name: "drill",
    patterns: ["tests/drill/*.test.ts"],
    needs: ["pulumi-cli", "docker"],
    concurrency: 1,
    onDemand: true,
  },
];

/**
 * Splits a suite's files by how many of them run at a time, in their order.
 * @param wanted files at a time for all of them; the suite's own figures if undefined
 */
export function filesAtATime(
  suite: Suite,
  files: readonly string[],
  wanted: number | undefined,
): { readonly files: readonly string[]; readonly concurrency: number }[] {
  const { heavy } = suite;
  const isHeavy = (file: string) => heavy?.files.test(file) === true;
  return [
    { files: files.filter(isHeavy), concurrency: wanted ?? heavy?.concurrency ?? suite.concurrency },
    { files: files.filter((file) => !isHeavy(file)), concurrency: wanted ?? suite.concurrency },
  ].filter((group) => group.files.length > 0);
}

/** The files of one suite that a run takes. */
export interface SuiteFiles {
  readonly suite: Suite;
  readonly files: readonly string[];
}

/**
 * Chooses what runs.
 * @param wanted names as they are typed: `unit`, `e2e/ports`, `tests/e2e/ports.test.ts`,
 * `app/src/modules/x.test.ts`; none for everything
 * @param filesOf files of one suite, from the checkout's root
 * @throws CommandError for a name that matches nothing, with what there is
 */
export function chooseTests(
  wanted: readonly string[],
  filesOf: (suite: Suite) => readonly string[],
): SuiteFiles[] {
  const all = suites.map((suite) => ({ suite, files: filesOf(suite) }));
  const unknown = wanted.filter(
    (name) => !all.some((entry) => entry.files.some((file) => matches(name, entry.suite, file))),
  );
  const known = (name: string) => suites.some((suite) => suite.name === name);
  const missing = unknown.filter((name) => !known(name));
  if (missing.length > 0) {
    throw new CommandError(
      `No test matches ${missing.join(", ")}. Suites: ${suites.map(({ name }) => name).join(", ")}; one file of a suite: e2e/NAME.`,
      exitCode.usage,
    );
  }
  return all
    .map(({ suite, files }) => ({
      suite,
      files:
        wanted.length === 0
          ? files.filter(() => suite.onDemand !== true)
          : files.filter((file) => wanted.some((name) => matches(name, suite, file))),
    }))
    .filter(({ files }) => files.length > 0);
}

function matches(wanted: string, suite: Suite, file: string): boolean {
  const given = wanted.replace(/^\.\//, "");
  // A file that is named without its suite means the first of them.
  const again = suite.env !== undefined;
  if (again && given !== suite.name && !given.startsWith(`${suite.name}/`)) return false;
  const name = again ? given.replace(`${suite.name}/`, "") : given;
  // A suite's name is that suite alone, though other suites' files lie in a folder of that name.
  if (suites.some((entry) => entry.name === name)) return name === suite.name;
  if (name === file) return true;
  const short = file.replace(/^tests\//, "").replace(/\.test\.ts$/, "");
  return (
    short === name || short.startsWith(`${name}/`) || `tests/${short}` === name.replace(/\.test\.ts$/, "")
  );
}
