import { createHash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Silence {
  readonly reason: string;
  readonly at: number;
}

/**
 * How long a registry that did not answer is left alone, in milliseconds: long enough for all
 * images of one deployment, short enough that a repaired network is noticed by the next.
 */
export const silenceLimit = 10 * 60_000;

/**
 * What is known of one Docker engine's way to the registry, shared by the processes that deploy one
 * stack.
 */
export class RegistryAnswer {
  readonly #path: string;

  /** @param engine what identifies the engine that pulls: a remote one has a network of its own. */
  constructor(folder: string, engine: string) {
    this.#path = join(folder, `${createHash("sha256").update(engine).digest("hex").slice(0, 24)}.json`);
  }

  /** Why the registry gave no image lately; null when nothing speaks against asking it. */
  recentFailure(now: number = Date.now()): string | null {
    try {
      const { at, reason } = JSON.parse(readFileSync(this.#path, "utf8")) as Silence;
      return now - at < silenceLimit && at <= now ? reason : null;
    } catch {
      // No entry, or a damaged one: asking again costs seconds, failing here would cost the
      // deployment.
      return null;
    }
  }

  /** Records that the registry could not be used. */
  rememberFailure(reason: string, now: number = Date.now()): void {
    const draft = `${this.#path}.${process.pid}`;
    const silence: Silence = { reason, at: now };
    writeFileSync(draft, JSON.stringify(silence), { mode: 0o600 });
    renameSync(draft, this.#path);
  }
}
