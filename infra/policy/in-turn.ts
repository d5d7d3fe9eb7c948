import type { Host } from "./host.ts";

let last: Promise<unknown> = Promise.resolve();

/**
 * Has commands that the program runs by itself talk to an engine behind ssh one at a time: each
 * opens a connection, Pulumi's limit of parallel steps does not count them, and ssh servers drop
 * connections when many begin at once.
 */
export function inTurn<T>({ environment }: Pick<Host, "environment">, task: () => Promise<T>): Promise<T> {
  const address = environment["DOCKER_HOST"] ?? process.env["DOCKER_HOST"] ?? "";
  if (!address.startsWith("ssh:")) return task();
  const mine = last.then(task);
  last = mine.catch(() => undefined);
  return mine;
}
