import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import dockerignore from "@balena/dockerignore";

/**
 * Hash of what the Docker client would send of a build context: paths, executable bits and content of every file
 * that `.dockerignore` lets through.
 * @param context folder with a Dockerfile and a .dockerignore
 * @returns 12 hexadecimal digits
 */
export function contextHash(context: string): string {
  const ignore = dockerignore
    .default({ ignorecase: false })
    .add(readFileSync(join(context, ".dockerignore"), "utf8"));
  const files = readdirSync(context, { recursive: true, encoding: "utf8" })
    .filter((path) => !path.startsWith("node_modules"))
    .filter((path) => path === "Dockerfile" || !ignore.ignores(path))
    .sort();
  const hash = createHash("sha256");
  for (const path of files) {
    const full = join(context, path);
    const stat = lstatSync(full);
    if (stat.isDirectory()) continue;
    const content = stat.isSymbolicLink() ? readlinkSync(full) : readFileSync(full);
    hash.update(`${path}\0${(stat.mode & 0o100).toString(8)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 12);
}
