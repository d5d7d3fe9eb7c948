import type { Knex } from "knex";

/** Accounts, sessions, permissions, one-time codes, throttles, the audit log. */
export async function up(database: Knex): Promise<void> {
  await database.raw(`
    create table users (
      id bigint generated always as identity primary key,
      email text not null,
      name text not null,
      password_hash text not null,
      role text not null default 'user' check (role in ('user', 'staff', 'admin')),
      totp_secret text,
      totp_confirmed_at timestamptz,
      totp_last_step bigint not null default 0,
      disabled_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      version integer not null default 1
    );
    create unique index users_email_key on users (lower(email));

    create table registrations (
      email text primary key check (email = lower(email)),
      name text not null,
      password_hash text not null,
      created_at timestamptz not null default now()
    );

    create table recovery_codes (
      user_id bigint not null references users on delete cascade,
      code_hash bytea not null,
      primary key (user_id, code_hash)
    );

    create table one_time_codes (
      token_hash bytea primary key,
      purpose text not null check (purpose in ('verify', 'reset')),
      email text not null,
      expires_at timestamptz not null
    );
    create index one_time_codes_email on one_time_codes (email, purpose);

    create table sessions (
      id bigint generated always as identity primary key,
      token_hash bytea not null unique,
      user_id bigint not null references users on delete cascade,
      created_at timestamptz not null default now(),
      last_seen_at timestamptz not null default now(),
      expires_at timestamptz not null,
      address text not null,
      user_agent text not null
    );
    create index sessions_user on sessions (user_id);
    create index sessions_expires on sessions (expires_at);

    create table permissions (
      user_id bigint not null references users on delete cascade,
      resource text not null,
      level text not null check (level in ('view', 'edit', 'delete')),
      primary key (user_id, resource)
    );

    create table throttles (
      key text primary key,
      started_at timestamptz not null default now(),
      count integer not null default 1
    );

    create table audit_events (
      id bigint generated always as identity primary key,
      at timestamptz not null default now(),
      event text not null,
      actor_id bigint references users on delete set null,
      subject text not null default '',
      address text not null default '',
      request_id text not null default '',
      details jsonb not null default '{}'
    );
    create index audit_events_actor on audit_events (actor_id, id);
    create index audit_events_event on audit_events (event, id);

    create table changes (
      id bigint generated always as identity primary key,
      at timestamptz not null default now(),
      resource text not null,
      row_id bigint not null,
      action text not null check (action in ('create', 'update', 'delete')),
      actor_id bigint references users on delete set null,
      fields jsonb not null
    );
    create index changes_row on changes (resource, row_id, id);

    create table idempotency_keys (
      scope text not null,
      key text not null,
      fingerprint text not null,
      status integer,
      answer jsonb,
      created_at timestamptz not null default now(),
      primary key (scope, key)
    );
    create index idempotency_keys_created on idempotency_keys (created_at);
  `);
}

export async function down(database: Knex): Promise<void> {
  await database.raw(`
    drop table idempotency_keys, changes, audit_events, throttles, permissions, sessions, one_time_codes,
      recovery_codes, registrations, users
  `);
}
