import type { Knex } from "knex";

/** Built beside writes, which requires that there is no transaction around it. */
export const config = { transaction: false };

/** The history of all rows is narrowed to a resource. */
export async function up(database: Knex): Promise<void> {
  await database.raw("create index concurrently if not exists changes_resource on changes (resource, id)");
}

export async function down(database: Knex): Promise<void> {
  await database.raw("drop index concurrently if exists changes_resource");
}
