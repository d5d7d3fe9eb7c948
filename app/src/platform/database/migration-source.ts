import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Knex } from "knex";
import type { Logger } from "../log/create-logger.ts";
import { withoutInvalidIndexes } from "./concurrent-indexes.ts";

/** One migration file of one module. */
export interface MigrationFile {
  /**
   * File name without its ending, for example `20261121_1200_customers_create`: unique and in order
   * of time.
   */
  readonly name: string;
  readonly path: string;
}

/** What knex reads of a migration; its own type leaves `config` out. */
interface MigrationModule {
  readonly up: (database: Knex) => Promise<unknown>;
  readonly down: (database: Knex) => Promise<unknown>;
  /** `transaction: false` for what Postgres does outside of one only. */
  readonly config?: { readonly transaction?: boolean };
}

const migrationName = /^(\d{8}_\d{4}_[a-z0-9_]+)\.ts$/;

async function filesOf(folder: string): Promise<MigrationFile[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
  return names
    .filter((name) => name.endsWith(".ts"))
    .map((file) => {
      const name = migrationName.exec(file)?.[1];
      if (!name) {
        throw new Error(`${join(folder, file)} is not named YYYYMMDD_HHMM_what_it_does.ts: rename it.`);
      }
      return { name, path: join(folder, file) };
    });
}

/**
 * Lists the migrations in `folders` in order of time, as if they lay in one folder.
 *
 * @throws when a name is malformed or used twice.
 */
export async function listMigrations(folders: readonly string[]): Promise<readonly MigrationFile[]> {
  const all = (await Promise.all(folders.map(filesOf))).flat().sort((a, b) => (a.name < b.name ? -1 : 1));
  all.forEach((file, index) => {
    const before = all[index - 1];
    if (before?.name === file.name) {
      throw new Error(
        `Two migrations are named ${file.name}: rename one of ${before.path} and ${file.path}.`,
      );
    }
  });
  return all;
}

/**
 * Lets knex run migrations that lie in many folders; Node runs their TypeScript as it is. One that
 * asks for no transaction never ends with an invalid index.
 */
export function migrationSource(
  files: readonly MigrationFile[],
  log: Logger,
): Knex.MigrationSource<MigrationFile> {
  return {
    getMigrations: () => Promise.resolve([...files]),
    getMigrationName: (file) => file.name,
    getMigration: async (file) => {
      const module = (await import(pathToFileURL(file.path).href)) as MigrationModule;
      if (module.config?.transaction !== false) return module;
      const { up, down, config } = module;
      return { up: withoutInvalidIndexes(up, log), down: withoutInvalidIndexes(down, log), config };
    },
  };
}
