import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "node:http";

/** How often idle keep-alive connections are looked for while draining, in milliseconds. */
const sweepEvery = 100;

/**
 * Ends a server without cutting a request off: accepts nothing new, lets open requests finish, closes connections
 * as they fall idle.
 *
 * @param seconds how long open requests get; what is left then is cut.
 * @returns whether everything ended by itself.
 */
export async function drain(server: Server, seconds: number): Promise<boolean> {
  const sweep = setInterval(() => {
    server.closeIdleConnections();
  }, sweepEvery);
  const overdue = new AbortController();
  try {
    const closed = new Promise<boolean>((resolve) => {
      server.close(() => {
        resolve(true);
      });
    });
    const late = sleep(seconds * 1000, false, { signal: overdue.signal }).catch(() => false);
    const clean = await Promise.race([closed, late]);
    if (!clean) server.closeAllConnections();
    return clean;
  } finally {
    overdue.abort();
    clearInterval(sweep);
  }
}
