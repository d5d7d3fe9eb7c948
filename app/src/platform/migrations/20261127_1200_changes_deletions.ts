import type { Knex } from "knex";

/** Built beside writes, which requires that there is no transaction around it. */
export const config = { transaction: false };

/** Deletions are few among all changes: the list of what was deleted must not read the others. */
export async function up(database: Knex): Promise<void> {
  await database.raw(
    "create index concurrently if not exists changes_deletions on changes (resource, id) where action = 'delete'",
  );
}

export async function down(database: Knex): Promise<void> {
  await database.raw("drop index concurrently if exists changes_deletions");
}
