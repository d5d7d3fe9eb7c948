import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, relative } from "node:path";

/**
 * The folder that all checkouts of this user share: `$BERTH_CACHE`, else `$XDG_CACHE_HOME/berth`,
 * else `~/.cache/berth`. A relative `XDG_CACHE_HOME` does not count, as its specification demands.
 */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const own = env["BERTH_CACHE"];
  if (own !== undefined && own !== "") return own;
  const base = env["XDG_CACHE_HOME"];
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), ".cache"), "berth");
}

/** Whether a path lies below a folder, symbolic links resolved as far as they exist. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(real(folder), real(path));
  return way === "" || (!way.startsWith("..") && !isAbsolute(way));
}

/** A folder below the cache, made if it is not there; this user's alone. */
export function madeCacheFolder(env: NodeJS.ProcessEnv, ...parts: readonly string[]): string {
  const folder = join(cacheFolder(env), ...parts);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

function real(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const above = dirname(path);
  return above === path ? path : join(real(above), relative(above, path));
}
