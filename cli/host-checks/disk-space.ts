import { statfs } from "node:fs/promises";
import type { Docker } from "../../system/docker.ts";

const GIB = 2 ** 30;

/**
 * Free space of the file system that images, containers and volumes are on.
 * @param folder Docker's root folder
 * @param local whether the engine runs on this machine
 * @param container a running container of the engine; its root file system lies on the same disk
 * @returns bytes; undefined where it cannot be told, as on an empty remote engine
 */
export async function freeSpace(
  docker: Docker,
  folder: string,
  local: boolean,
  container: string | undefined,
): Promise<number | undefined> {
  if (local) {
    const space = await statfs(folder).catch(() => undefined);
    if (space !== undefined) return space.bavail * space.bsize;
  }
  if (container === undefined) return undefined;
  const { stdout } = await docker.try(["exec", container, "df", "-Pk", "/"]);
  return parseDf(stdout);
}

/** The free bytes that `df -Pk` prints for its one file system. */
export function parseDf(text: string): number | undefined {
  const kib = Number(text.trim().split("\n")[1]?.split(/\s+/)[3]);
  return Number.isFinite(kib) ? kib * 1024 : undefined;
}

/**
 * What is wrong with the space that is left.
 * @param free bytes; undefined where nobody knows
 * @param wanted GiB
 */
export function spaceProblems(free: number | undefined, wanted: number, folder: string): string[] {
  if (free === undefined || free >= wanted * GIB) return [];
  return [
    `Docker's folder ${folder} has ${(free / GIB).toFixed(1)} GiB free, and ${wanted} GiB are needed for images and data ` +
      "(--min-disk). See what takes the space: docker system df. Free what nothing uses: docker image prune",
  ];
}
