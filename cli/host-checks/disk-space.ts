import { statfs } from "node:fs/promises";
import type { Docker } from "../../system/docker.ts";
import type { Finding } from "./finding.ts";

const gibibyte = 2 ** 30;

/** Free GiB for two releases of the application's image beside the base images. */
export const defaultMinDisk = 2;

/**
 * Free space of the file system that images, containers and volumes are on.
 * @param folder Docker's root folder
 * @param local whether the engine runs on this machine
 * @param container a running container of the engine; its root file system lies on the same disk
 * @returns bytes; undefined if it cannot be told, as on an empty remote engine
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
 * Judges the space that is left for images and data.
 * @param free bytes; undefined if it cannot be told
 * @param wanted GiB
 * @param folder Docker's root folder
 */
export function diskFinding(free: number | undefined, wanted: number, folder: string): Finding {
  const name = "Disk";
  if (free === undefined)
    return { name, state: "ok", text: `${folder}: how much is free shows once a container runs` };
  const text = `${(free / gibibyte).toFixed(1)} GiB free in ${folder}`;
  if (free >= wanted * gibibyte) return { name, state: "ok", text };
  return {
    name,
    state: "problem",
    text: `${text}, and ${wanted} GiB are needed for images and data (--min-disk)`,
    // Without --all: that takes images away which only the next build needs.
    remedy: [
      "See what takes the space: docker system df",
      "Free what no build and no container uses: docker builder prune, then docker image prune",
    ].join("\n"),
  };
}
