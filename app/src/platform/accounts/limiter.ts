import { unavailable } from "../problems/problems.ts";

/** Who asks for work: those who are known go first, and have places of their own to wait. */
export type Asker = "known" | "stranger";

/**
 * Lets a few pieces of work run at once, and a few more of each kind of asker wait for them.
 *
 * @throws unavailable for what comes when all places of its kind are taken.
 */
export function createLimiter({ running, waiting }: { readonly running: number; readonly waiting: number }) {
  let free = running;
  const queues: Record<Asker, (() => void)[]> = { known: [], stranger: [] };
  return async <Result>(work: () => Promise<Result>, asker: Asker = "stranger"): Promise<Result> => {
    const queue = queues[asker];
    if (free === 0) {
      if (queue.length >= waiting) {
        throw unavailable("Too much is going on at once. Try again in a moment.", {
          headers: { "Retry-After": "2" },
        });
      }
      await new Promise<void>((resolve) => {
        queue.push(resolve);
      });
    } else free -= 1;
    try {
      return await work();
    } finally {
      const next = queues.known.shift() ?? queues.stranger.shift();
      if (next) next();
      else free += 1;
    }
  };
}
