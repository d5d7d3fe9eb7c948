import { constants, createWriteStream } from "node:fs";
import { access, mkdir, open, rename, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { notFound, unavailable } from "../problems/problems.ts";
import { requireOwnName, type Storage } from "./storage.ts";

const reasons: Readonly<Record<string, string>> = {
  EROFS: "is on a read-only file system",
  EACCES: "belongs to somebody else: it needs the app's user (uid 1000)",
  ENOENT: "does not exist",
  ENOTDIR: "is not a folder",
  ENOSPC: "is on a full disk",
  EDQUOT: "is over its quota",
};

const mebibyte = 1024 * 1024;

/**
 * The least that uploads leave free: a disk filled to the last block stops Postgres and whatever
 * else lies on it.
 */
const leastReserve = { share: 0.05, bytes: 2048 * mebibyte } as const;

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/**
 * Keeps files in a folder, usually a volume.
 *
 * @param directory MEDIA_DIR.
 * @param reserve bytes that uploads leave free on its disk; 5 % of it, or 2 GiB where that is more,
 * if unset
 */
export function createFolderStorage(directory: string, reserve?: number): Storage {
  const pathOf = (name: string) => {
    requireOwnName(name);
    return join(directory, name);
  };
  const told = (reason: string) => `MEDIA_DIR (${directory}) ${reason}`;
  const problem = async (): Promise<string | undefined> => {
    try {
      await access(directory, constants.W_OK | constants.X_OK);
      const { bavail, bsize, blocks } = await statfs(directory);
      const kept = reserve ?? Math.max(leastReserve.share * blocks * bsize, leastReserve.bytes);
      const free = Math.floor((bavail * bsize) / mebibyte);
      return bavail * bsize < kept
        ? told(
            `is on a disk with ${free} MiB left, and MEDIA_RESERVE keeps ${Math.ceil(kept / mebibyte)} MiB free`,
          )
        : undefined;
    } catch (error) {
      return told(reasons[codeOf(error)] ?? `cannot be written (${codeOf(error)})`);
    }
  };
  return {
    async write(name, content) {
      const path = pathOf(name);
      const partial = `${path}.part`;
      try {
        await mkdir(join(path, ".."), { recursive: true });
        await pipeline(content, createWriteStream(partial, { flags: "wx", mode: 0o644 }));
        await rename(partial, path);
      } catch (error) {
        await rm(partial, { force: true }).catch(() => undefined);
        const reason = reasons[codeOf(error)];
        if (reason === undefined) throw error;
        // Making a folder on a read-only file system says ENOENT, so the volume itself is asked.
        const found = codeOf(error) === "ENOENT" ? await problem() : undefined;
        throw unavailable(`Uploads are not possible: ${found ?? told(reason)}.`, { cause: error });
      }
    },
    async read(name) {
      const file = await open(pathOf(name)).catch((error: unknown) => {
        throw codeOf(error) === "ENOENT" ? notFound("The file is gone.", { cause: error }) : error;
      });
      return file.createReadStream();
    },
    remove: async (name) => rm(pathOf(name), { force: true }),
    addressOf: () => undefined,
    async diskBytes() {
      const { blocks, bsize } = await statfs(directory);
      return blocks * bsize;
    },
    problem,
  };
}
