import type { Knex } from "knex";

/** Whom an administrator's session looks as, for the time being. */
export async function up(database: Knex): Promise<void> {
  await database.raw("alter table sessions add column viewing_id bigint");
}

export async function down(database: Knex): Promise<void> {
  await database.raw("alter table sessions drop column viewing_id");
}
