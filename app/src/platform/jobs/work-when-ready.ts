import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../log/create-logger.ts";
import type { Job } from "./job.ts";
import type { RunningQueue } from "./job-queue.ts";

const retryMilliseconds = 2000;

/**
 * Starts working off jobs; while migrations have not made the queue's tables yet, waits for them.
 */
export async function workWhenReady(
  queue: RunningQueue,
  jobs: readonly Job[],
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (let said = false; !signal.aborted; said = true) {
    try {
      await queue.work(jobs);
      log.info({ jobs: jobs.map(({ name }) => name) }, "working off jobs");
      return;
    } catch (error) {
      if (!said)
        log.warn(
          { reason: error instanceof Error ? error.message : String(error) },
          "the job queue is not there yet; trying again",
        );
      await sleep(retryMilliseconds, undefined, { signal }).catch(() => undefined);
    }
  }
}
