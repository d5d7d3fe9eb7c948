import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError, exitCode } from "../exit-code.ts";
import type { Interruption } from "../processes/interruption.ts";
import { identify, isRunning } from "../processes/process-identity.ts";
import { formatDuration } from "../terminal/duration.ts";
import { describeHolder, judgeLocks, lockRecord, type LockRecord } from "./lock-record.ts";

/** What taking a stack's lock needs. */
export interface LockRequest {
  /** Folder of all stacks' locks. */
  readonly folder: string;
  readonly stack: string;
  /** Shown to whoever waits. */
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

const POLL_MS = 500;
const REMIND_MS = 30_000;

/**
 * Takes a stack's lock. Everybody puts down a file of their own, then looks for others' files and takes their own back
 * when they find somebody alive: of two that come at once at least one sees the other, so never two go ahead, and
 * no file of a dead run has to be taken over by name, which two could do at once.
 * @throws CommandError (exit code 4) when others still hold it after `wait` seconds
 */
export async function takeLock(request: LockRequest): Promise<StackLock> {
  const folder = join(request.folder, request.stack);
  mkdirSync(folder, { recursive: true });
  const run = randomUUID();
  const mine = join(folder, `${run}.json`);
  const begun = performance.now();
  let told: string | undefined;
  let toldAt = -Infinity;
  for (;;) {
    request.interruption.check();
    let [holder] = lockHolders(request.folder, request.stack).live;
    let dead: readonly LockRecord[] = [];
    if (holder === undefined) {
      writeRecord(mine, ownRecord(run, request.command));
      const others = readRecords(folder).filter((record) => record.run !== run);
      const decision = judgeLocks(others, hostname(), isRunning);
      dead = decision.dead;
      [holder] = decision.live;
    }
    if (holder === undefined) {
      const forget = (record: LockRecord) => {
        rmSync(join(folder, `${record.run}.json`), { force: true });
      };
      return {
        run,
        dead,
        forget,
        release: () => {
          rmSync(mine, { force: true });
        },
      };
    }
    rmSync(mine, { force: true });
    const waited = (performance.now() - begun) / 1000;
    if (waited >= request.wait) throw lockedError(request, holder);
    if (told !== holder.run || performance.now() - toldAt > REMIND_MS) {
      request.say(
        `Stack ${request.stack} is locked: waiting for ${describeHolder(holder, new Date())} ` +
          `(up to ${formatDuration(request.wait - waited)} more, --lock-wait).`,
      );
      told = holder.run;
      toldAt = performance.now();
    }
    // Not all at the same moment, or two that see each other would do so for ever.
    await sleep(POLL_MS / 2 + Math.random() * POLL_MS, undefined, {
      signal: request.interruption.signal,
    }).catch(() => undefined);
  }
}

/** Who holds a stack's lock now, or held it when they were killed. */
export function lockHolders(folder: string, stack: string): ReturnType<typeof judgeLocks> {
  return judgeLocks(readRecords(join(folder, stack)), hostname(), isRunning);
}

function lockedError(request: LockRequest, holder: LockRecord): CommandError {
  const elsewhere =
    holder.host === hostname()
      ? ""
      : ` Whether it still runs cannot be told from here; if it does not, remove ${join(request.folder, request.stack, `${holder.run}.json`)}.`;
  return new CommandError(
    `Stack ${request.stack} is still locked by ${describeHolder(holder, new Date())}; ` +
      `gave up after ${formatDuration(request.wait)} (--lock-wait). Nothing was changed.${elsewhere}`,
    exitCode.locked,
  );
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under an id that no user has.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

function ownRecord(run: string, command: string): LockRecord {
  const { pid, started } = identify(process.pid) ?? { pid: process.pid, started: "" };
  const since = new Date().toISOString();
  return { run, pid, started, user: userName(), host: hostname(), since, command };
}

/** In two steps, so that nobody reads half a record. */
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
