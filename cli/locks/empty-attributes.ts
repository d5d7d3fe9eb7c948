import { rmSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * Pulumi's file backend keeps attributes in a file beside each file of its own. Killed in the
 * moment of writing it leaves an empty one, and from then on reads nothing (`failed to load
 * checkpoint: EOF`); without it, it does. Call it under the stack's lock.
 * @param folder of the file backend
 */
export function removeEmptyAttributes(folder: string, project: string, stack: string): void {
  const states = join(folder, ".pulumi", "stacks", project);
  for (const name of [`${stack}.json.attrs`, `${stack}.json.bak.attrs`]) {
    const file = join(states, name);
    if (statSync(file, { throwIfNoEntry: false })?.size === 0) rmSync(file);
  }
}
