import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { Interruption } from "../../system/interruption.ts";
import { identify, isRunning } from "../../system/process-identity.ts";
import { userName } from "../../system/user-name.ts";
import { formatDuration } from "../terminal/duration.ts";
import { describeHolder, judgeLocks, lockRecord, type LockDecision, type LockRecord } from "./lock-record.ts";

/** What taking a stack's lock needs. */
export interface LockRequest {
  /** Folder of all stacks' locks. */
  readonly folder: string;
  readonly stack: string;
  /** Shown to a run that waits. */
  readonly command: string;
  /** Seconds to wait for others. */
  readonly wait: number;
  readonly interruption: Interruption;
  /** Takes a line that says for whom this waits. */
  readonly say: (line: string) => void;
}

/** A lock that is held, until `release`. */
export interface StackLock {
  /** Id of this run. */
  readonly run: string;
  /** Runs that ended without giving the lock back. Their records stay until `forget` is called. */
  readonly dead: readonly LockRecord[];
  /** Drops the record of a dead run, once what it left behind is cleared. */
  readonly forget: (record: LockRecord) => void;
  readonly release: () => void;
}

const pollMs = 500;
const remindMs = 30_000;

/**
 * Takes a stack's lock. Everybody puts down a file of their own, then looks for others' files and
 * takes their own back if they find a live process: of two at the same time at least one sees the
 * other, so two never go ahead, and no file of a dead run has to be taken over by name, which two
 * could do at once.
 * @throws CommandError (exit code 4) when others still hold it after `wait` seconds
 */
export async function takeLock(request: LockRequest): Promise<StackLock> {
  const folder = join(request.folder, request.stack);
  mkdirSync(folder, { recursive: true });
  const run = randomUUID();
  const mine = join(folder, `${run}.json`);
  const patience = new Patience(request);
  for (;;) {
    request.interruption.check();
    let [holder] = lockHolders(request.folder, request.stack).live;
    if (holder === undefined) {
      writeRecord(mine, ownRecord(run, request.command));
      const others = readRecords(folder).filter((record) => record.run !== run);
      const { live, dead } = judgeLocks(others, hostname(), isRunning);
      [holder] = live;
      if (holder === undefined) return heldLock(folder, run, dead);
      rmSync(mine, { force: true });
    }
    await patience.wait(holder);
  }
}

/**
 * Waits until no live process holds any of some other locks.
 * @param read the locks as they are now
 * @param runs whether the process that took one still runs
 * @returns locks of dead processes
 * @throws CommandError (exit code 4) as `takeLock`
 */
export async function waitForLocks(
  request: LockRequest,
  read: () => readonly LockRecord[],
  runs: (record: LockRecord) => boolean,
): Promise<readonly LockRecord[]> {
  const patience = new Patience(request);
  for (;;) {
    request.interruption.check();
    const { live, dead } = judgeLocks(read(), hostname(), runs);
    const [holder] = live;
    if (holder === undefined) return dead;
    await patience.wait(holder);
  }
}

function heldLock(folder: string, run: string, dead: readonly LockRecord[]): StackLock {
  const remove = (id: string) => {
    rmSync(join(folder, `${id}.json`), { force: true });
  };
  return {
    run,
    dead,
    forget: (record) => {
      remove(record.run);
    },
    release: () => {
      remove(run);
    },
  };
}

/** Waits a little, says for whom, and gives up when the time is over. */
class Patience {
  readonly #request: LockRequest;
  readonly #begun = performance.now();
  #told: string | undefined;
  #toldAt = -Infinity;

  constructor(request: LockRequest) {
    this.#request = request;
  }

  async wait(holder: LockRecord): Promise<void> {
    const { stack, wait, say, interruption } = this.#request;
    const left = wait - (performance.now() - this.#begun) / 1000;
    if (left <= 0) throw lockedError(this.#request, holder);
    if (this.#told !== holder.run || performance.now() - this.#toldAt > remindMs) {
      say(
        `Stack ${stack} is locked: waiting for ${describeHolder(holder, new Date())} ` +
          `(up to ${formatDuration(left)} more, --lock-wait).`,
      );
      this.#told = holder.run;
      this.#toldAt = performance.now();
    }
    // Not all at the same moment, or two that see each other would do so for ever.
    const pause = Math.min(left * 1000, pollMs / 2 + Math.random() * pollMs);
    await sleep(pause, undefined, { signal: interruption.signal }).catch(() => undefined);
  }
}

/** Who holds a stack's lock now, or held it when they were killed. */
export function lockHolders(folder: string, stack: string): LockDecision {
  return judgeLocks(readRecords(join(folder, stack)), hostname(), isRunning);
}

function lockedError(request: LockRequest, holder: LockRecord): CommandError {
  const file = join(request.folder, request.stack, `${holder.run}.json`);
  const remove = holder.command === "pulumi" ? `pulumi cancel ${request.stack}` : `rm ${file}`;
  const elsewhere =
    holder.host === hostname()
      ? ""
      : ` Whether it still runs cannot be told from here. If it does not, take the lock off: ${remove}`;
  return new CommandError(
    `Stack ${request.stack} is still locked by ${describeHolder(holder, new Date())}; ` +
      `gave up after ${formatDuration(request.wait)} (--lock-wait). Nothing was changed.${elsewhere}`,
    exitCode.locked,
  );
}

function ownRecord(run: string, command: string): LockRecord {
  const { pid, started } = identify(process.pid) ?? { pid: process.pid, started: "" };
  const since = new Date().toISOString();
  return { run, pid, started, user: userName(), host: hostname(), since, command };
}

/** In two steps, so that no process reads half a record. */
function writeRecord(file: string, record: LockRecord): void {
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
}

function readRecords(folder: string): LockRecord[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => {
      try {
        return [lockRecord.parse(JSON.parse(readFileSync(join(folder, name), "utf8")))];
      } catch {
        // Given back in between, or not ours.
        return [];
      }
    });
}
