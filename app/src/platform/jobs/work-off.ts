import { setTimeout as sleep } from "node:timers/promises";
import type { Job as Claimed, PgBoss } from "pg-boss";
import type { Logger } from "../log/create-logger.ts";
import type { Job } from "./job.ts";

/** Jobs that one fetch takes, if the kind does not say otherwise. */
export const defaultBatch = 20;
/** Tries of one kind that a process runs at once, if the kind does not say otherwise. */
const defaultParallel = 2;
/** Milliseconds until the next look at a queue that was empty. */
const pollMilliseconds = 1000;
/**
 * Seconds after which another process may take a job whose process has died; a live process reports
 * three times in that time.
 */
export const heartbeatSeconds = 60;

/** A job in this process's hands: taken by a fetch, waiting for its turn or running. */
export type Taken = Claimed<object | null>;

interface WorkOff {
  readonly boss: PgBoss;
  readonly job: Job;
  readonly log: Logger;
  /** Runs one try; a thrown error is the reason why the try failed. */
  readonly run: (taken: Taken, signal: AbortSignal) => Promise<void>;
  /** Gives jobs back that were taken and not begun; they lose no try by it. */
  readonly giveBack: (taken: readonly Taken[]) => Promise<void>;
}

/** Work on one kind of job, under way. */
export interface Working {
  /**
   * Takes nothing more, gives running tries `seconds` to end, and puts what is unfinished back into
   * the queue.
   */
  stop(seconds: number): Promise<void>;
}

/**
 * Works off one kind of job: takes a batch with one statement, runs `parallel` of it at a time, and
 * takes the next batch as soon as this one is begun. It waits only when a fetch found nothing.
 * Every job is settled as it ends, by itself.
 */
export function workOff({ boss, job, log, run, giveBack }: WorkOff): Working {
  const { name, batch: batchSize = defaultBatch, parallel = defaultParallel } = job;
  const stopping = new AbortController();
  const hurry = new AbortController();
  const waiting: Taken[] = [];
  const running = new Set<Taken>();
  let fetching: Promise<void> | undefined;
  let pausing: Promise<unknown> | undefined;
  const stopped = () => stopping.signal.aborted;

  const quietly = async (call: () => Promise<unknown>): Promise<void> => {
    try {
      await call();
    } catch (error) {
      log.warn({ err: error, queue: name }, "the job queue met an error; it goes on trying");
    }
  };

  // Lanes share one fetch and one pause, so an empty queue costs one statement a second however
  // many lanes there are.
  const fetchOnce = () =>
    (fetching ??= quietly(async () => {
      waiting.push(...(await boss.fetch<object | null>(name, { batchSize })));
    }).finally(() => {
      fetching = undefined;
    }));
  const pause = () =>
    (pausing ??= sleep(pollMilliseconds, undefined, { signal: stopping.signal })
      .catch(() => undefined)
      .finally(() => {
        pausing = undefined;
      }));

  const tryOne = async (taken: Taken): Promise<void> => {
    running.add(taken);
    const failure = await run(taken, hurry.signal).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    // The stop of this process has put it back already.
    if (!running.delete(taken)) return;
    await quietly(() =>
      failure === undefined ? boss.complete(name, taken) : boss.fail(name, taken, reasonOf(failure.error)),
    );
  };

  const lane = async (): Promise<void> => {
    while (!stopped()) {
      if (waiting.length === 0) await fetchOnce();
      const taken = stopped() ? undefined : waiting.shift();
      if (taken) await tryOne(taken);
      else await pause();
    }
  };
  const lanes = Promise.all(Array.from({ length: parallel }, lane));

  const heartbeat = setInterval(() => {
    const held = [...waiting, ...running];
    if (held.length > 0) void quietly(() => boss.touch(name, held));
  }, heartbeatSeconds * 333);

  return {
    async stop(seconds) {
      stopping.abort();
      await fetching;
      if (waiting.length > 0) await quietly(() => giveBack(waiting.splice(0)));
      const late = new AbortController();
      const ended = await Promise.race([
        lanes.then(() => true),
        sleep(seconds * 1000, false, { signal: late.signal }).catch(() => true),
      ]);
      late.abort();
      clearInterval(heartbeat);
      if (ended) return;
      hurry.abort(new Error("the process stops"));
      const unfinished = [...running];
      running.clear();
      if (unfinished.length > 0)
        await quietly(() =>
          boss.fail(name, unfinished, { message: "the process stopped before it had ended" }),
        );
    },
  };
}

/**
 * What the dead letter tells of a failure: its name, code and message; never what a driver adds of
 * rows and values.
 */
function reasonOf(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  return {
    name: error.name,
    message: error.message,
    ...("code" in error && typeof error.code === "string" ? { code: error.code } : {}),
  };
}
