import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { pipe } from "../../system/run.ts";

/**
 * Ends a script whose output has to arrive whole. Two seconds after a process has ended, Docker
 * drops what nobody has taken yet, and its exit code says nothing of it: on a busy machine, or
 * before a slow reader, that is the end of a list, of a dump or of an archive. These bytes are more
 * than the pipes on the way hold, so that what is dropped is of them.
 */
export const padding = "head -c 1048576 /dev/zero";

/** Ends a script that reads what ends with {@link padding}. */
export const takePadding = "cat >/dev/null";

type OnEngine = readonly [engine: Docker, args: readonly string[]];

/**
 * Has the output of a docker command be the input of another one, whose engine may be another.
 * @param what is handed over, as an error's message begins
 * @param input of the first command
 */
export async function pourBetween(what: string, from: OnEngine, to: OnEngine, input?: string): Promise<void> {
  const [source, read] = from;
  const [target, write] = to;
  // Both have one environment, so the second one's engine is named.
  const host = target.env["DOCKER_HOST"];
  const there = target.invocation([...(host === undefined ? [] : ["--host", host]), ...write]);
  const ended = await pipe(source.invocation(read), there, () => undefined, {
    env: source.env,
    ...(input === undefined ? {} : { input }),
  });
  if (ended.to.code !== 0) throw failure(`${what} could not be written`, ended.to.stderr);
  if (ended.from.code !== 0) throw failure(`${what} could not be read`, ended.from.tail);
}

/** What a program said at last, below a sentence of ours. */
export function failure(what: string, why: string): CommandError {
  const lines = why.trim().split("\n").slice(-10).join("\n");
  return new CommandError(`${what}:\n${lines.replaceAll(/^/gm, "  | ")}`, exitCode.failed);
}
