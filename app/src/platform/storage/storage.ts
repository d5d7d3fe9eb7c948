import { constants, createReadStream, createWriteStream } from "node:fs";
import { access, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { unavailable } from "../problems/problems.ts";

/** Where the bytes of uploaded files lie, by name. */
export interface Storage {
  /** Writes a file as it comes; it has its name only once it is complete. @throws unavailable when it cannot write. */
  write(name: string, content: Readable): Promise<void>;
  read(name: string): Readable;
  remove(name: string): Promise<void>;
  /** Path of a file, for programs that read it themselves. */
  pathOf(name: string): string;
  /** Why uploads are not possible; `undefined` while they are. */
  problem(): Promise<string | undefined>;
}

const wellFormed = /^[a-z]+\/[\w-]+(?:\.[\w-]+)*\.[a-z]+$/;

const reasons: Readonly<Record<string, string>> = {
  EROFS: "is on a read-only file system",
  EACCES: "belongs to somebody else: it needs the app's user (uid 1000)",
  ENOENT: "does not exist",
  ENOSPC: "is on a full disk",
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons[code] ?? `cannot be written (${code})`;
}

/**
 * Keeps files in a folder, usually a volume. Names are made by the app (`public/…` or `private/…`), never by people.
 *
 * @param directory MEDIA_DIR.
 */
export function createFolderStorage(directory: string): Storage {
  const pathOf = (name: string) => {
    if (!wellFormed.test(name)) throw new Error(`Not a name of ours: ${name}`);
    return join(directory, name);
  };
  return {
    pathOf,
    async write(name, content) {
      const path = pathOf(name);
      const partial = `${path}.part`;
      try {
        await mkdir(join(path, ".."), { recursive: true });
        await pipeline(content, createWriteStream(partial, { flags: "wx", mode: 0o644 }));
        await rename(partial, path);
      } catch (error) {
        await rm(partial, { force: true }).catch(() => undefined);
        const code = error instanceof Error && "code" in error ? String(error.code) : "";
        if (!(code in reasons)) throw error;
        throw unavailable(`Uploads are not possible: MEDIA_DIR (${directory}) ${reasonOf(error)}.`, {
          cause: error,
        });
      }
    },
    read: (name) => createReadStream(pathOf(name)),
    remove: async (name) => rm(pathOf(name), { force: true }),
    async problem() {
      try {
        await access(directory, constants.W_OK | constants.X_OK);
        return undefined;
      } catch (error) {
        return `MEDIA_DIR (${directory}) ${reasonOf(error)}`;
      }
    },
  };
}
