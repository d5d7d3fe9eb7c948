import { unavailable } from "../problems/problems.ts";

/**
 * Lets a few pieces of work run at once, and a few more wait for them.
 *
 * @throws unavailable for what comes when all places are taken.
 */
export function createLimiter({ running, waiting }: { readonly running: number; readonly waiting: number }) {
  let free = running;
  const queue: (() => void)[] = [];
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
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
      const next = queue.shift();
      if (next) next();
      else free += 1;
    }
  };
}
