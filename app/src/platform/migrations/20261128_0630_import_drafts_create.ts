import type { Knex } from "knex";

/** Files that were looked at before they are imported; kept for a day. */
export async function up(database: Knex): Promise<void> {
  await database.raw(`
    create table import_drafts (
      id uuid primary key default gen_random_uuid(),
      resource text not null,
      owner_id bigint not null references users on delete cascade,
      encoding text not null,
      content bytea not null,
      refused integer[] not null,
      created_at timestamptz not null default now()
    );
    create index import_drafts_owner on import_drafts (owner_id);
    create index import_drafts_created on import_drafts (created_at);
  `);
}

export async function down(database: Knex): Promise<void> {
  await database.raw("drop table import_drafts");
}
