import type { Knex } from "knex";

/** Uploaded files; their bytes lie in the storage under `name`. */
export async function up(database: Knex): Promise<void> {
  await database.raw(`
    create table media (
      id bigint generated always as identity primary key,
      name text not null unique,
      original_name text not null,
      content_type text not null,
      bytes bigint not null check (bytes >= 0),
      private boolean not null,
      owner_id bigint references users on delete set null,
      has_thumbnail boolean not null default false,
      created_at timestamptz not null default now()
    );
    create index media_owner on media (owner_id, id);
  `);
}

export async function down(database: Knex): Promise<void> {
  await database.raw("drop table media");
}
