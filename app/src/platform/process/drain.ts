import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** How often connections without a request are looked for while draining, in milliseconds. */
const sweepEvery = 100;
/**
 * Milliseconds that a connection gets to begin a request after the drain has begun. A request that
 * was sent before is in the system's buffers already; Node does not close such a connection, nor
 * does its time limit for headers hold any more.
 */
const silentGrace = 1000;

/**
 * Watches a server's connections from now on, for its end.
 *
 * @returns ends the server without cutting a request off: it accepts nothing new, lets open
 * requests finish for as many seconds as it is given, closes connections as they fall idle, and
 * those that never sent a request after a second. Resolves to whether all requests ended by
 * themselves.
 */
export function prepareDrain(server: Server): (seconds: number) => Promise<boolean> {
  const sockets = new Set<Socket>();
  const requests = new Map<Socket, number>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      requests.delete(socket);
    });
  });
  server.prependListener("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    requests.set(socket, (requests.get(socket) ?? 0) + 1);
    response.once("close", () => {
      if (requests.has(socket)) requests.set(socket, (requests.get(socket) ?? 1) - 1);
    });
  });

  return async (seconds) => {
    const began = performance.now();
    const grace = Math.min(silentGrace, seconds * 500);
    const sweep = setInterval(() => {
      server.closeIdleConnections();
      if (performance.now() - began < grace) return;
      for (const socket of sockets) if ((requests.get(socket) ?? 0) === 0) socket.destroy();
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
  };
}
