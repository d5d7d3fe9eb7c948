import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { checkout } from "../checkout.ts";
import { dockerCommand } from "../../system/docker-commands.ts";
import { Docker } from "../../system/docker.ts";
import { endProcesses, processesWith } from "../locks/run-processes.ts";
import { identify, isRunning } from "../../system/process-identity.ts";
import { capture } from "../../system/run.ts";

/** Variable that holds the test run's id; every process that the tests start inherits it. */
export const testRunVariable = "BERTH_TEST_RUN";

const leftover = z.object({
  /** Everything on the engine with this label `berth.stack` goes. */
  stack: z.string().min(1).optional(),
  /** Everything on the engine with this label `berth.test` goes. */
  test: z.string().min(1).optional(),
  /** Commands that are run first, in order, for what no engine and no file is. Each may fail. */
  undo: z.array(z.tuple([z.string()], z.string())).default([]),
  /** Files and folders that go, absolute: the stack's settings file, its state. */
  paths: z.array(z.string().startsWith("/")).default([]),
  /** Engine that the stack is on; the environment's own if there is none. */
  dockerHost: z.string().optional(),
});

/** What a test makes and may not get to remove. */
export type TestLeftover = z.input<typeof leftover>;

/** What one command of `undo` may take, in milliseconds. */
const undoMs = 60_000;

const owner = z.object({ pid: z.number(), started: z.string() });

/**
 * Writes down what a test is about to make, so that it is removed after the run even when the test
 * fails or is killed. Call it before making anything.
 * @returns forgets it again, once the test has removed everything itself
 */
export function registerTestStack(entry: TestLeftover): () => void {
  const run = process.env[testRunVariable] ?? `process-${process.pid}`;
  const folder = join(checkout.testRuns, run);
  mkdirSync(folder, { recursive: true });
  // A test file that runs by itself is its own run.
  if (process.env[testRunVariable] === undefined) claim(folder);
  const file = join(folder, `stack-${randomUUID()}.json`);
  writeFileSync(file, JSON.stringify(leftover.parse(entry)));
  return () => {
    rmSync(file, { force: true });
  };
}

/** Begins a test run of this process. */
export function beginTestRun(): string {
  const run = randomUUID();
  const folder = join(checkout.testRuns, run);
  mkdirSync(folder, { recursive: true });
  claim(folder);
  return run;
}

/**
 * Ends a run: processes that its tests left, what they registered and did not remove.
 * @returns stacks that had to be removed
 */
export async function endTestRun(
  run: string,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<string[]> {
  await endProcesses(() => processesWith(testRunVariable, run), say);
  const folder = join(checkout.testRuns, run);
  const removed: string[] = [];
  for (const entry of entriesOf(folder)) {
    for (const [command, ...args] of entry.undo) await capture({ command, args }, { env, timeout: undoMs });
    if (entry.stack !== undefined && (await removeStack(new Docker(env, entry.dockerHost), entry.stack))) {
      removed.push(entry.stack);
    }
    if (entry.test !== undefined) await removeLabelled(new Docker(env, entry.dockerHost), entry.test);
    for (const path of entry.paths) rmSync(path, { recursive: true, force: true });
  }
  rmSync(folder, { recursive: true, force: true });
  return removed;
}

/** Runs whose process ended without cleaning up. */
export function abandonedTestRuns(): string[] {
  if (!existsSync(checkout.testRuns)) return [];
  return readdirSync(checkout.testRuns).filter((run) => {
    const claimed = owner.safeParse(readJson(join(checkout.testRuns, run, "owner.json")));
    return !claimed.success || !isRunning(claimed.data);
  });
}

/**
 * Removes everything on the engine that carries a stack's label, its volumes and images included.
 */
async function removeStack(docker: Docker, stack: string): Promise<boolean> {
  const containers = await docker.containersOf(stack);
  for (const { id } of containers) await docker.try(["rm", "--force", "--volumes", id]);
  const networks = await docker.networksOf(stack);
  for (const id of networks) await docker.try(["network", "rm", id]);
  const volumes = await docker.volumesOf(stack);
  for (const name of volumes) await docker.try(["volume", "rm", name]);
  const images = await docker.imagesOf(stack);
  for (const id of images) await docker.try(["image", "rm", "--force", id]);
  return containers.length + networks.length + volumes.length + images.length > 0;
}

/** Removes everything on the engine that a test labelled as its own. */
async function removeLabelled(docker: Docker, test: string): Promise<void> {
  const label = `label=berth.test=${test}`;
  const containers = await docker.containers(["--all", "--filter", label]);
  for (const { id } of containers) await docker.try(["rm", "--force", "--volumes", id]);
  for (const kind of ["network", "volume", "image"] as const) {
    const listed = await docker.run(dockerCommand.ids(kind, [label]));
    for (const id of listed.split("\n").filter((line) => line !== "")) await docker.try([kind, "rm", id]);
  }
}

function entriesOf(folder: string): z.infer<typeof leftover>[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith("stack-"))
    .flatMap((name) => {
      const parsed = leftover.safeParse(readJson(join(folder, name)));
      return parsed.success ? [parsed.data] : [];
    });
}

function claim(folder: string): void {
  writeFileSync(join(folder, "owner.json"), JSON.stringify(identify(process.pid)));
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
