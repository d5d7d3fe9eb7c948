import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** What is not an application's own source. */
const skipped = new Set([
  "node_modules",
  ".git",
  "dist",
  "build",
  "coverage",
  "test",
  "tests",
  "__tests__",
  "public",
]);

/** Files beyond this size are not written by hand. */
const largest = 512 * 1024;

/** Text of an application's sources, by path from its folder. */
export type Sources = ReadonlyMap<string, string>;

/** Reads the JavaScript and TypeScript of a folder; nothing of it is run. */
export function readSources(home: string, folder = ""): Sources {
  const found = new Map<string, string>();
  for (const entry of readdirSync(join(home, folder), { withFileTypes: true })) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory() && !skipped.has(entry.name) && !entry.name.startsWith(".")) {
      for (const [name, text] of readSources(home, path)) found.set(name, text);
    }
    const wanted =
      entry.isFile() && /(?<!\.d)\.[cm]?[jt]s$/.test(entry.name) && !/\.(?:test|spec)\./.test(entry.name);
    if (wanted && statSync(join(home, path)).size <= largest)
      found.set(path, readFileSync(join(home, path), "utf8"));
  }
  return found;
}

/** A file of the folder as text; empty if it is not there. */
export function textOf(home: string, ...names: readonly string[]): string {
  const name = names.find((one) => existsSync(join(home, one)));
  return name === undefined ? "" : readFileSync(join(home, name), "utf8");
}

/** First groups of an expression's matches, each with the file that it is in. */
export function matches(
  sources: Sources,
  pattern: RegExp,
): { readonly text: string; readonly file: string }[] {
  return [...sources].flatMap(([file, source]) =>
    [...source.matchAll(pattern)].map((match) => ({ text: match[1] ?? match[0], file })),
  );
}
