import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { identify, isRunning } from "../../processes/process-identity.ts";
import type { StepReporter } from "../../terminal/steps.ts";

const holder = z.object({ pid: z.number().int().positive(), started: z.string(), host: z.string() });

type Holder = z.infer<typeof holder>;

/** How often a waiting process looks again. */
const POLL_MS = 500;

/**
 * Runs an action while no other process runs one under the same lock. A lock whose process is gone is taken over.
 * @param path the lock's file
 * @param purpose what the holder does, for the message of those who wait
 */
export async function withLock<T>(
  path: string,
  purpose: string,
  reporter: StepReporter,
  signal: AbortSignal | undefined,
  action: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  const own = `${path}.${process.pid}-${randomUUID()}`;
  const text = JSON.stringify({ ...identify(process.pid), host: hostname() });
  writeFileSync(own, text);
  try {
    let told = "";
    for (;;) {
      signal?.throwIfAborted();
      if (take(own, path)) break;
      const found = read(path);
      if (found !== undefined && isGone(found.holder)) {
        clear(path, found.text, own);
        continue;
      }
      const words = `process ${found?.holder.pid ?? "?"} is ${purpose}: waiting for it`;
      if (words !== told) reporter.line(words);
      told = words;
      await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal });
    }
    try {
      return await action();
    } finally {
      if (read(path)?.text === text) rmSync(path, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** link(2) is atomic, and fails where the lock is there already. */
function take(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function read(path: string): { text: string; holder: Holder } | undefined {
  try {
    const text = readFileSync(path, "utf8");
    return { text, holder: holder.parse(JSON.parse(text)) };
  } catch {
    return undefined;
  }
}

/** On a home folder that several machines share, the processes of other machines cannot be looked at. */
function isGone(found: Holder): boolean {
  return found.host === hostname() && !isRunning(found);
}

/** Removes a dead process's lock, unless somebody has taken it over meanwhile. */
function clear(path: string, dead: string, own: string): void {
  const aside = `${own}.dead`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readFileSync(aside, "utf8") !== dead) take(aside, path);
  rmSync(aside, { force: true });
}
