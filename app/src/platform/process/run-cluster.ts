import cluster from "node:cluster";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../log/create-logger.ts";

const shortestRestart = 100;
const longestRestart = 10_000;
/** A worker that lived this long, in milliseconds, is forgiven its earlier crashes. */
const settled = 60_000;

/** Whether this process is the one that forks the others. */
export const isPrimary = cluster.isPrimary;

/**
 * Runs `count` copies of this program that share its port, and starts a new one for each that dies:
 * at once first, then ever later up to 10 s apart while they keep dying. SIGTERM and SIGINT are
 * passed on; resolves when all have ended, with the worst exit code.
 */
export async function runCluster(count: number, log: Logger): Promise<number> {
  const stop = new AbortController();
  const stopping = () => stop.signal.aborted;
  const onSignal = () => {
    stop.abort();
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill("SIGTERM");
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);

  const keepOneRunning = async (): Promise<number> => {
    for (let crashes = 0; ; crashes += 1) {
      const born = Date.now();
      const worker = cluster.fork();
      const code = await new Promise<number>((resolve) => {
        worker.once("exit", (exitCode, signal) => {
          // One that was not up yet when it was told to end did as it was told.
          resolve(!signal ? exitCode : signal === "SIGTERM" && stopping() ? 0 : 1);
        });
      });
      if (stopping()) return code;
      if (Date.now() - born > settled) crashes = 0;
      const delay = Math.min(longestRestart, shortestRestart * 2 ** crashes);
      log.warn({ code, restartInMilliseconds: delay }, "a web process ended; starting another");
      await sleep(delay);
      if (stopping()) return code;
    }
  };

  const codes = await Promise.all(Array.from({ length: count }, keepOneRunning));
  return Math.max(...codes);
}
