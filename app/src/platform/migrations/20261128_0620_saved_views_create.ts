import type { Knex } from "knex";

/** Views of lists that people keep: what a list is narrowed to, its order and its columns. */
export async function up(database: Knex): Promise<void> {
  await database.raw(`
    create table saved_views (
      id bigint generated always as identity primary key,
      resource text not null,
      owner_id bigint not null references users on delete cascade,
      name text not null check (name <> ''),
      query text not null,
      shared boolean not null default false,
      created_at timestamptz not null default now()
    );
    create unique index saved_views_name_key on saved_views (owner_id, resource, lower(name));
    create index saved_views_shared on saved_views (resource) where shared;
  `);
}

export async function down(database: Knex): Promise<void> {
  await database.raw("drop table saved_views");
}
