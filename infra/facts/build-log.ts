import { readFileSync } from "node:fs";

/** Enough to see which instruction failed, and why. */
const shownLines = 60;

/**
 * Folder with the Dockerfile that a stack's image is built with, relative to the project's folder.
 */
export function buildFolder(stack: string): string {
  return `.berth/build/${stack}`;
}

/**
 * File with the output of the last build of a stack's image, relative to the project's folder: the
 * same on every machine.
 */
export function buildLogFile(stack: string): string {
  return `.berth/build-${stack}.log`;
}

/**
 * The last lines of a build's output, and where all of it is; empty if nothing was built.
 * @param path of the file
 */
export function endOfBuildLog(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8").trimEnd();
  } catch {
    return "";
  }
  const lines = text.split("\n");
  const left = lines.length > shownLines ? [`… (all of it: ${path})`] : [];
  return [...left, ...lines.slice(-shownLines)].join("\n");
}
