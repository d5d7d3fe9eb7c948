import { setTimeout as sleep } from "node:timers/promises";

/**
 * Failures to connect that say that Postgres is away for now: it restarts, or its container does.
 * No statement has been sent.
 */
const away =
  /^(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|57P0[1-3]|08...)$/;

/** What pg says without a code. */
const awayInWords = /^(?:timeout expired|Connection terminated)/;

/** Milliseconds between two attempts. */
const between = 100;

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isAway);
  return ("code" in error && away.test(String(error.code))) || awayInWords.test(error.message);
}

/**
 * Wraps what opens a connection, so that it waits while Postgres restarts: requests are answered
 * late instead of failing. The first connection of a process does not wait; a wrong address is said
 * at once.
 * @param connect opens a connection
 * @param milliseconds how long to wait for Postgres to come back, at most
 */
export function reconnecting<Connection>(
  connect: () => Promise<Connection>,
  milliseconds: number,
): () => Promise<Connection> {
  let connectedBefore = false;
  return async () => {
    const deadline = Date.now() + milliseconds;
    for (;;) {
      try {
        const connection = await connect();
        connectedBefore = true;
        return connection;
      } catch (error) {
        if (!connectedBefore || !isAway(error) || Date.now() + between > deadline) throw error;
        await sleep(between);
      }
    }
  };
}
