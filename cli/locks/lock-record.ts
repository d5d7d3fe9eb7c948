import { z } from "zod";
import { formatDuration } from "../terminal/duration.ts";

/** Who works on a stack, as a lock file says it. */
export const lockRecord = z.object({
  /** Unique to the run; its children carry it in the variable BERTH_RUN. */
  run: z.string().min(1),
  pid: z.number().int().positive(),
  /** See ProcessIdentity. */
  started: z.string(),
  user: z.string(),
  host: z.string(),
  /** ISO 8601. */
  since: z.iso.datetime(),
  /** The command, such as `up`. */
  command: z.string(),
});

export type LockRecord = z.infer<typeof lockRecord>;

/** `anna@build-1 (process 4711, running up since 12:03:10, 2 m 05 s ago)` */
export function describeHolder(record: LockRecord, now: Date): string {
  const since = new Date(record.since);
  const clock = since.toTimeString().slice(0, 8);
  const ago = formatDuration(Math.max(0, (now.getTime() - since.getTime()) / 1000));
  return `${record.user}@${record.host} (process ${record.pid}, running ${record.command} since ${clock}, ${ago} ago)`;
}

/** What other lock files mean for a process that wants the lock. */
export interface LockDecision {
  /** Alive, or on another machine, where that cannot be told: wait for them. */
  readonly live: readonly LockRecord[];
  /** Ended without giving their lock back: killed, or lost with the machine. */
  readonly dead: readonly LockRecord[];
}

/**
 * Sorts other people's lock records.
 * @param others records of the stack's other lock files
 * @param host name of this machine
 * @param runs whether a process of this machine still is the one that took the lock
 */
export function judgeLocks(
  others: readonly LockRecord[],
  host: string,
  runs: (record: LockRecord) => boolean,
): LockDecision {
  const isLive = (record: LockRecord) => record.host !== host || runs(record);
  return { live: others.filter(isLive), dead: others.filter((record) => !isLive(record)) };
}
