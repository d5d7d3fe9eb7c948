import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Folder for what may be lost at any time: locks, build logs, what is known of the registry. It belongs to the user,
 * not to the checkout, because all clones on a machine use the same Docker engine.
 */
export function cacheFolder(part: "locks" | "logs" | "registry" | "contexts"): string {
  const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "berth", "images", part);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
