import type { Request } from "express";

/** What of a refused body is still taken in: what comes within two seconds, 32 MiB at most. */
const most = { milliseconds: 2000, bytes: 32 * 1024 * 1024 };

/**
 * Takes in the rest of a body that nobody reads, and forgets it. A server that answers and closes
 * in the middle of a body resets the connection, and the client loses the answer.
 * https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 *
 * @returns once the body has come whole, broken off, or is too much: `request.complete` tells
 */
export function discardBody(request: Request): Promise<void> {
  if (request.complete || request.errored) return Promise.resolve();
  return new Promise((resolve) => {
    let left = most.bytes;
    const take = (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) end();
    };
    const ends = ["end", "close", "error"] as const;
    const end = () => {
      clearTimeout(timer);
      request.off("data", take).pause();
      for (const event of ends) request.off(event, end);
      resolve();
    };
    const timer = setTimeout(end, most.milliseconds);
    for (const event of ends) request.once(event, end);
    // Whoever has begun to read it has failed.
    request.unpipe();
    request.on("data", take).resume();
  });
}
