import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { moduleFiles } from "./module-template.ts";

const wellFormed = /^(?=.{1,40}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/**
 * Makes a module: a table with a migration, its declaration, and a test. It runs as it is.
 *
 * @param app folder of the application.
 * @param name plural, in small letters, digits and dashes, for example `orders`; 40 characters at most.
 * @param now moment that its migration is named after.
 * @returns the files made, from `app`; or why nothing was made, and what would do.
 */
export function makeModule(
  app: string,
  name: string,
  now: Date,
): { readonly files: readonly string[] } | { readonly problem: string } {
  if (!wellFormed.test(name)) {
    return {
      problem: `A module's name is small letters, digits and dashes, 40 at most: orders, order-items.`,
    };
  }
  const folder = join(app, "src", "modules", name);
  if (existsSync(folder))
    return { problem: `app/${relative(app, folder)} exists already: choose another name.` };
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
