import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { identify, isRunning, type ProcessIdentity } from "./process-identity.ts";

interface Owner extends ProcessIdentity {
  readonly host: string;
  readonly token: string;
}

/** How a waiting process behaves. */
export interface LockOptions {
  /** Called once for each process that holds the lock while we wait, with its id. */
  readonly onWait: (pid: number) => void;
  readonly signal?: AbortSignal | undefined;
}

// Short beside what is waited for, which takes seconds to minutes.
const pollMilliseconds = 200;

/**
 * Does some work while no other process does work under the same lock; waits as long as it takes.
 *
 * A process that died holding a lock does not block anyone: its lock is taken over. Two processes
 * that take over the same dead lock at the same instant may, in the worst case, both go on; the
 * work guarded here is then done twice, which costs time and harms nothing.
 * @param path the lock's file
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const own: Owner = {
    ...(identify(process.pid) ?? { pid: process.pid, started: "" }),
    host: hostname(),
    token: randomUUID(),
  };
  mkdirSync(dirname(path), { recursive: true });
  let told: string | undefined;
  while (!take(path, own)) {
    options.signal?.throwIfAborted();
    const holder = read(path);
    if (holder === null) continue;
    if (isGone(holder)) {
      removeAbandoned(path, holder);
      continue;
    }
    if (told !== holder.token) options.onWait(holder.pid);
    told = holder.token;
    await sleep(pollMilliseconds, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
  try {
    return await work();
  } finally {
    if (read(path)?.token === own.token) rmSync(path, { force: true });
  }
}

/**
 * Creates the lock with its content in one step, so that no process ever reads a half-written one.
 */
function take(path: string, own: Owner): boolean {
  const draft = `${path}.${own.token}`;
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function read(path: string): Owner | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Owner;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new Error(`The lock ${path} is damaged. If no build is running, delete it.`, { cause: error });
  }
}

/**
 * On a home folder that several machines share, the processes of other machines cannot be looked
 * at.
 */
function isGone(owner: Owner): boolean {
  return owner.host === hostname() && !isRunning(owner);
}

/**
 * Moves a dead owner's lock away, and puts it back if it turns out to be another process's new one.
 */
function removeAbandoned(path: string, dead: Owner): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
    if (read(aside)?.token !== dead.token) linkSync(aside, path);
  } catch {
    // Another process was faster; the next attempt sees what it left.
  } finally {
    rmSync(aside, { force: true });
  }
}
