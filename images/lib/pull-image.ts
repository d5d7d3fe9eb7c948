import type { DockerEngine } from "./docker-engine.ts";

/** How long to wait for a registry, in milliseconds. */
export interface PullLimits {
  /** For its first answer. What it then sends may take its time. */
  readonly answer: number;
  /** Without any layer finished; docker tells of nothing else when its output is no terminal. */
  readonly stall: number;
}

/** 10 s is long for a registry that works; at 1.4 Mbit/s, a layer of 100 MB takes 10 minutes. */
const usualLimits: PullLimits = { answer: 10_000, stall: 10 * 60_000 };

/** Whom to tell. */
export interface PullOptions {
  readonly say: (text: string) => void;
}

/**
 * Pulls an official image.
 *
 * @returns null when the image is there, else the reason why it is not.
 * @throws Interrupted if the engine's signal asked this program to end
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
    if (ended.code === 0) return null;
    return limit.signal.aborted ? reason : summarise(ended.tail);
  } finally {
    clearTimeout(timer);
  }
}

function summarise(output: string): string {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  return (lines.at(-1) ?? "docker pull failed").replace(/^Error response from daemon: /, "");
}
