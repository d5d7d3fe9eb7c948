import { setTimeout } from "node:timers/promises";

/** From one try to the next, in milliseconds: most checks start a process or two. */
const PAUSE = 300;

/**
 * Tries until a check passes.
 * @param limit milliseconds after which its last error is thrown
 */
export async function eventually<T>(check: () => Promise<T>, limit = 20_000): Promise<T> {
  const deadline = Date.now() + limit;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await setTimeout(PAUSE);
    }
  }
}
