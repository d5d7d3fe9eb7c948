import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tablesOf } from "./migration-tables.ts";

/** A module that can be removed. */
interface RemovableModule {
  /**
   * Tables that its migrations make, those first that refer to others. They stay until they are
   * dropped by hand.
   */
  readonly tables: readonly string[];
  /** Deletes the module's folder. */
  remove(): void;
}

/**
 * Looks a module up to remove it.
 *
 * @param app folder of the application.
 * @returns the module; or why there is none, and which there are.
 */
export function findRemovableModule(
  app: string,
  name: string,
): RemovableModule | { readonly problem: string } {
  const modules = join(app, "src", "modules");
  const names = readdirSync(modules).filter((entry) => existsSync(join(modules, entry, "module.ts")));
  if (!names.includes(name)) {
    return { problem: `There is no module ${name}. There are: ${names.sort().join(", ")}.` };
  }
  const folder = join(modules, name);
  return {
    tables: tablesOf(join(folder, "migrations")),
    remove: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

// As a program: `node scripts/remove-module.ts NAME` prints as JSON what is found, and with `--yes`
// removes it.
if (import.meta.main) {
  const found = findRemovableModule(join(import.meta.dirname, ".."), process.argv[2] ?? "");
  if ("remove" in found && process.argv[3] === "--yes") found.remove();
  process.stdout.write(`${JSON.stringify(found)}\n`);
}
