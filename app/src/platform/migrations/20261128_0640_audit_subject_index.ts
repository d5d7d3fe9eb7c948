import type { Knex } from "knex";

/** Built beside writes, which requires that there is no transaction around it. */
export const config = { transaction: false };

/** The audit log is narrowed to whom or what its lines are about. */
export async function up(database: Knex): Promise<void> {
  await database.raw(
    "create index concurrently if not exists audit_events_subject on audit_events (subject, id)",
  );
}

export async function down(database: Knex): Promise<void> {
  await database.raw("drop index concurrently if exists audit_events_subject");
}
