import { createHash, randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, ownIdentity, type ProcessIdentity } from "./process-identity.ts";

interface Owner extends ProcessIdentity {
  readonly token: string;
}

/** Where locks live, and how a waiting process behaves. */
export interface LockOptions {
  readonly folder: string;
  /** Called once, with the owner's process id, when the lock is held by another process. */
  readonly onWait: (pid: number) => void;
  readonly signal: AbortSignal;
}

// Short beside what is waited for, which takes seconds to minutes.
const pollMilliseconds = 200;

/**
 * Does some work while no other process on this machine does work of the same key; waits as long as it takes.
 *
 * A process that died holding a lock does not block anyone: its lock is taken over. Two processes that take over the
 * same dead lock at the same instant may, in the worst case, both go on; the work guarded here is then done twice,
 * which costs time and harms nothing.
 */
export async function withLock<T>(key: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const path = join(options.folder, `${createHash("sha256").update(key).digest("hex").slice(0, 24)}.lock`);
  const own: Owner = { ...ownIdentity(), token: randomUUID() };
  let announced = false;
  while (!take(path, own)) {
    const holder = read(path);
    if (holder === null) continue;
    if (!isRunning(holder)) {
      removeAbandoned(path, holder);
      continue;
    }
    if (!announced) options.onWait(holder.pid);
    announced = true;
    await sleep(pollMilliseconds, undefined, { signal: options.signal });
  }
  try {
    return await work();
  } finally {
    if (read(path)?.token === own.token) rmSync(path, { force: true });
  }
}

/** Creates the lock with its content in one step, so that nobody ever reads a half-written one. */
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

/** Moves a dead owner's lock away, and puts it back when it turns out to be somebody else's new one. */
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
