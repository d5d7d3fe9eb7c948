import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/**
 * Names the state of the toolchain's sources and the kind of machine, so that every change of what
 * would be built gets a folder of its own. Tests and documentation do not count.
 * @param folder the checkout's toolchain/
 * @returns 12 hexadecimal digits
 */
export function toolchainHash(folder: string): string {
  const hash = createHash("sha256").update(`${process.platform}/${process.arch}\n`);
  for (const file of sources(folder)) {
    const content = readFileSync(file);
    hash.update(`${relative(folder, file).replaceAll(sep, "/")} ${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, 12);
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && isSource(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function isSource(name: string): boolean {
  if (name.endsWith("_test.go")) return false;
  return name.endsWith(".go") || name.endsWith(".json") || name === "go.mod" || name === "go.sum";
}
