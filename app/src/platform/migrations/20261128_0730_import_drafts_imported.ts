import type { Knex } from "knex";

/** When a file that was looked at was imported: that is done once. */
export async function up(database: Knex): Promise<void> {
  await database.raw("alter table import_drafts add column imported_at timestamptz");
}

export async function down(database: Knex): Promise<void> {
  await database.raw("alter table import_drafts drop column imported_at");
}
