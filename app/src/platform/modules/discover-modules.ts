import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { AppModule, FoundModule } from "./module.ts";

const moduleName = /^[a-z][a-z0-9-]*$/;

/** Folder of the app's modules. */
const modulesFolder = join(import.meta.dirname, "..", "..", "modules");

const parts: Readonly<Record<string, "object" | "function">> = {
  resources: "object",
  routes: "function",
  jobs: "function",
  seed: "function",
};

function isModule(value: unknown): value is AppModule {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).every(([part, content]) => parts[part] === typeof content);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * Finds the modules in `folder`: every folder with a `module.ts` is one, so adding or removing a
 * module changes nothing else. In order of name.
 *
 * @throws when a `module.ts` does not export `module`, or a folder's name is not in small letters,
 * digits and dashes.
 */
export async function discoverModules(folder: string = modulesFolder): Promise<readonly FoundModule[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const found: FoundModule[] = [];
  for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = join(folder, name, "module.ts");
    if (!(await exists(file))) continue;
    if (!moduleName.test(name))
      throw new Error(`${join(folder, name)}: a module's name is small letters, digits and dashes.`);
    const { module } = (await import(pathToFileURL(file).href)) as { module?: unknown };
    if (!isModule(module))
      throw new Error(`${file} must export \`module\` with some of: ${Object.keys(parts).join(", ")}.`);
    found.push({ ...module, name, folder: join(folder, name) });
  }
  return found;
}

/**
 * Where the platform's and the modules' migrations lie. Works without loading any module's code.
 */
export async function migrationFolders(folder: string = modulesFolder): Promise<readonly string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  return [
    join(import.meta.dirname, "..", "migrations"),
    ...entries.map(({ name }) => join(folder, name, "migrations")),
  ];
}
