import type { DockerEngine } from "./docker-engine.ts";
import { Interrupted } from "./run.ts";

/** How long the registry may take for its first answer, in milliseconds. What it then sends may take its time. */
export const answerLimit = 10_000;

/**
 * How long a pull that has begun may go without finishing any layer, in milliseconds. Between layers docker says
 * nothing when its output is no terminal; a layer of 100 MB at 1.4 Mbit/s takes this long.
 */
export const stallLimit = 10 * 60_000;

/** Whom to tell, and what ends it. */
export interface PullOptions {
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Pulls an official image.
 *
 * @returns null when the image is there, else the reason why it is not.
 * @throws when `signal` asked this program to end.
 */
export async function pullImage(
  engine: DockerEngine,
  reference: string,
  options: PullOptions,
): Promise<string | null> {
  const limit = new AbortController();
  let reason = `the registry did not answer within ${answerLimit / 1000} s`;
  const expire = (): void => {
    limit.abort();
  };
  let timer = setTimeout(expire, answerLimit);
  options.say(`asking the registry for ${reference}`);
  try {
    const ended = await engine.pull(reference, limit.signal, (line) => {
      // An error is an answer of the engine, not of the registry; it ends the command by itself.
      if (/^error/i.test(line)) return;
      clearTimeout(timer);
      reason = `the registry sent nothing for ${stallLimit / 60_000} minutes`;
      timer = setTimeout(expire, stallLimit);
      if (/Pull complete|Pulling from/.test(line)) options.say(line);
    });
    return ended.code === 0 ? null : summarise(ended.stderr);
  } catch (error) {
    if (error instanceof Interrupted && !options.signal.aborted) return reason;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function summarise(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return (lines.at(-1) ?? "docker pull failed").replace(/^Error response from daemon: /, "");
}
