import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { type DockerIgnore, readDockerIgnore } from "./dockerignore.ts";

/**
 * Hash of what the Docker client would send of a build context: paths, executable bits and content
 * of every file that `.dockerignore` lets through. Who may read a file is not in it: the build
 * makes all readable.
 * @param context folder of the build
 * @param otherwise what is left out if the folder has no `.dockerignore`; nothing if undefined
 * @returns 12 hexadecimal digits
 */
export function contextHash(context: string, otherwise = ""): string {
  const file = join(context, ".dockerignore");
  const ignore = readDockerIgnore(existsSync(file) ? readFileSync(file, "utf8") : otherwise);
  const hash = createHash("sha256");
  for (const path of filesSent(context, "", ignore).sort()) {
    const full = join(context, path);
    const stat = lstatSync(full);
    const content = stat.isSymbolicLink() ? readlinkSync(full) : readFileSync(full);
    hash.update(`${path}\0${(stat.mode & 0o100).toString(8)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 12);
}

/** Files of a folder that are sent, as paths in the context. Docker always sends the Dockerfile. */
function filesSent(context: string, folder: string, ignore: DockerIgnore): string[] {
  return readdirSync(join(context, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    const sent = path === "Dockerfile" || !ignore.ignores(path);
    if (entry.isDirectory()) return sent || ignore.looksInto(path) ? filesSent(context, path, ignore) : [];
    return sent ? [path] : [];
  });
}
