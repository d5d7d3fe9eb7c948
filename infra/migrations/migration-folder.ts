import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Tools whose migrations can be told by their folder. */
export type MigrationTool = "knex" | "sql" | "db-migrate";

/** A migration as a file of its own. */
export interface MigrationFile {
  /** What the tool's table calls it, without an ending. */
  readonly name: string;
  readonly path: string;
  readonly tool: MigrationTool;
}

const usualFolders = [
  "prisma/migrations",
  "drizzle",
  "migrations",
  "db/migrations",
  "src/migrations",
  "server/migrations",
];

/** Where Knex' settings usually are, from the application's folder. */
export const knexfiles = ["knexfile.js", "knexfile.cjs", "knexfile.mjs", "knexfile.ts"].flatMap((name) => [
  name,
  ...["src", "server", "db"].map((folder) => `${folder}/${name}`),
]);

/** `directory: "./migrations"`, or joined to `__dirname` from plain texts. */
const directory =
  /migrations\s*:\s*\{[^}]*?directory\s*:\s*(?:["'`]([^"'`$]+)["'`]|(?:\w+\.)?(?:join|resolve)\(\s*__dirname\s*,\s*((?:["'][^"']+["']\s*,?\s*)+)\))/;

/**
 * The folder with an application's migrations: what its knexfile says, or a usual one.
 * @param home the application's folder
 * @returns from that folder; undefined if there is none
 */
export function migrationFolder(home: string): string | undefined {
  for (const knexfile of knexfiles.filter((name) => existsSync(join(home, name)))) {
    const [, plain, joined] = directory.exec(readFileSync(join(home, knexfile), "utf8")) ?? [];
    const parts =
      plain ?? [...(joined ?? "").matchAll(/["']([^"']+)["']/g)].map(([, part = ""]) => part).join("/");
    const found = join(knexfile, "..", parts === "" ? "migrations" : parts);
    if (existsSync(join(home, found))) return found;
  }
  return usualFolders.find((folder) => existsSync(join(home, folder)));
}

/**
 * The migrations of a folder in the order in which they run.
 * @param folder of Knex, Prisma, Drizzle, db-migrate, or with plain SQL
 */
export function migrationFiles(folder: string): MigrationFile[] {
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry): MigrationFile[] => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      // Prisma: a folder each.
      const inside = join(path, "migration.sql");
      return existsSync(inside) ? [{ name: entry.name, path: inside, tool: "sql" }] : [];
    }
    const [, name = "", ending = ""] = /^(\d.*?)\.(js|cjs|mjs|ts|sql)$/.exec(entry.name) ?? [];
    if (name === "" || entry.name.endsWith(".d.ts") || /[.-]down\.sql$/.test(entry.name)) return [];
    if (ending === "sql") return [{ name: name.replace(/[.-]up$/, ""), path, tool: "sql" }];
    return [{ name, path, tool: isDbMigrate(path) ? "db-migrate" : "knex" }];
  });
}

/** db-migrate hands its own driver over, and a callback. */
function isDbMigrate(path: string): boolean {
  return /require\(["']db-migrate["']\)|exports\.setup\s*=|dbm\b/.test(readFileSync(path, "utf8"));
}
