import type { Database } from "./open-database.ts";
import type { MigrationFile } from "./migration-source.ts";

/** What the database has of this release's migrations. */
export interface MigrationStatus {
  /** Name and time of each migration the database has, oldest first. */
  readonly applied: readonly { readonly name: string; readonly at: string }[];
  /** Known to this release, not in the database: they have to run before it may serve. */
  readonly pending: readonly string[];
  /**
   * In the database, not known to this release: it is older than the schema, or a module was
   * removed.
   */
  readonly unknown: readonly string[];
}

/** Names of the tables knex keeps its books in. */
export const migrationTable = "knex_migrations";
export const migrationLockTable = "knex_migrations_lock";

/** Compares the database with the migrations of this release. Writes nothing. */
export async function migrationStatus(
  database: Database,
  files: readonly MigrationFile[],
): Promise<MigrationStatus> {
  const found = await database.raw<{ rows: { present: boolean }[] }>(
    "select to_regclass(?) is not null as present",
    [migrationTable],
  );
  const rows =
    found.rows[0]?.present === true
      ? await database(migrationTable)
          .orderBy("id")
          .select<{ name: string; migration_time: Date }[]>("name", "migration_time")
      : [];
  const known = new Set(files.map((file) => file.name));
  const done = new Set(rows.map((row) => row.name));
  return {
    applied: rows.map((row) => ({ name: row.name, at: row.migration_time.toISOString() })),
    pending: files.map((file) => file.name).filter((name) => !done.has(name)),
    unknown: rows.map((row) => row.name).filter((name) => !known.has(name)),
  };
}
