import type { DockerEngine } from "./docker-engine.ts";
import { Interrupted } from "./run.ts";

/** How long to wait for a registry, in milliseconds. */
export interface PullLimits {
  /** For its first answer. What it then sends may take its time. */
  readonly answer: number;
  /** Without any layer finished; docker tells of nothing else when its output is no terminal. */
  readonly stall: number;
}

/** 10 s is long for a registry that works; at 1.4 Mbit/s, a layer of 100 MB takes 10 minutes. */
const usualLimits: PullLimits = { answer: 10_000, stall: 10 * 60_000 };

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
  limits: PullLimits = usualLimits,
): Promise<string | null> {
  const limit = new AbortController();
  let reason = `the registry did not answer within ${limits.answer / 1000} s`;
  const expire = (): void => {
    limit.abort();
  };
  let timer = setTimeout(expire, limits.answer);
  options.say(`asking the registry for ${reference}`);
  try {
    const ended = await engine.pull(reference, limit.signal, (line) => {
      // An error is an answer of the engine, not of the registry; it ends the command by itself.
      if (/^error/i.test(line)) return;
      clearTimeout(timer);
      reason = `the registry sent nothing for ${limits.stall / 1000} s`;
      timer = setTimeout(expire, limits.stall);
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
