import type { Knex } from "knex";

/** Built beside writes, which requires that there is no transaction around it. */
export const config = { transaction: false };

/** The audit log is narrowed to days. */
export async function up(database: Knex): Promise<void> {
  await database.raw("create index concurrently if not exists audit_events_at on audit_events (at, id)");
}

export async function down(database: Knex): Promise<void> {
  await database.raw("drop index concurrently if exists audit_events_at");
}
