import type { Knex } from "knex";

/** Invitations to open an account; the hash is there once the link has been made. */
export async function up(database: Knex): Promise<void> {
  await database.raw(`
    create table invitations (
      id bigint generated always as identity primary key,
      email text not null unique check (email = lower(email)),
      token_hash bytea unique,
      invited_by bigint references users on delete set null,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null
    );
    create index invitations_inviter on invitations (invited_by);
  `);
}

export async function down(database: Knex): Promise<void> {
  await database.raw("drop table invitations");
}
