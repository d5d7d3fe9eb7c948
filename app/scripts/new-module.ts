import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { moduleNameProblem } from "./module-name.ts";
import { moduleFiles } from "./module-template.ts";

/**
 * Makes a module: a table with a migration, its declaration, and a test. It runs as it is.
 *
 * @param app folder of the application.
 * @param name plural, in small letters, digits and dashes, for example `orders`; 40 characters at
 * most.
 * @param now moment that its migration is named after.
 * @returns the files made, from `app`; or why nothing was made, and what would do.
 */
export function makeModule(
  app: string,
  name: string,
  now: Date,
): { readonly files: readonly string[] } | { readonly problem: string } {
  const problem = moduleNameProblem(app, name);
  if (problem !== undefined) return { problem };
  const folder = join(app, "src", "modules", name);
  mkdirSync(join(folder, "migrations"), { recursive: true });
  const files = Object.entries(moduleFiles(name, now)).map(([file, text]) => {
    const path = join(folder, file);
    writeFileSync(path, text, { flag: "wx" });
    return relative(app, path);
  });
  return { files };
}

// As a program: `node scripts/new-module.ts NAME` prints the outcome as JSON.
if (import.meta.main) {
  const made = makeModule(join(import.meta.dirname, ".."), process.argv[2] ?? "", new Date());
  process.stdout.write(`${JSON.stringify(made)}\n`);
}
