import { readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { formerStampFile, stampFile } from "./install-folder.ts";

const dayMs = 24 * 3600 * 1000;

/**
 * A CLI (a quarter of a gigabyte) that was not used for so long is removed once there is a new one.
 */
const unusedMs = 30 * dayMs;

/** Notes that a Pulumi CLI of the cache is in use; once a day is enough. */
export function noteUse(folder: string, now = Date.now()): void {
  const file = join(folder, stampFile);
  try {
    if (now - statSync(file).mtimeMs > dayMs) utimesSync(file, new Date(now), new Date(now));
  } catch {
    // A cache that only others may write to, or a Pulumi CLI that is just being removed: nothing is
    // lost.
  }
}

/**
 * Removes Pulumi CLIs of the cache that were not used for 30 days: each change of the toolchain and
 * each new version leaves one.
 * @param kept the Pulumi CLI that has just been made
 * @returns names of the folders removed
 */
export function removeUnused(kept: string, now = Date.now()): string[] {
  const cache = dirname(kept);
  const isUnused = (name: string) => {
    if (name === basename(kept) || !/^(?:pulumi|engine)-[\w.-]+$/.test(name)) return false;
    const [stamp] = [stampFile, formerStampFile].flatMap(
      (file) => statSync(join(cache, name, file), { throwIfNoEntry: false }) ?? [],
    );
    return stamp !== undefined && now - stamp.mtimeMs > unusedMs;
  };
  const unused = readdirSync(cache).filter(isUnused);
  for (const name of unused) rmSync(join(cache, name), { recursive: true, force: true });
  return unused;
}
