import { existsSync } from "node:fs";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/**
 * The browser of this machine: `CHROMIUM`, or where distributions put it; undefined if there is
 * none.
 */
export function browserProgram(): string | undefined {
  return process.env["CHROMIUM"] ?? places.find((place) => existsSync(place));
}

// As a program: prints its path, or an empty line.
if (import.meta.main) process.stdout.write(`${browserProgram() ?? ""}\n`);
