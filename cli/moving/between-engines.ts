import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { pipe } from "../../system/run.ts";

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
