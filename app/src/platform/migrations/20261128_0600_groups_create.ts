import type { Knex } from "knex";

/**
 * Groups, and rights by action. A person's row of `permissions` has what was given to them (`own`)
 * and what they may do with their groups' rights (`actions`); where both are null an earlier
 * release wrote the row, and `level` says it. `level` never says more than `actions`, so that an
 * earlier release lets nobody do more.
 */
export async function up(database: Knex): Promise<void> {
  await database.raw(`
    create table groups (
      id bigint generated always as identity primary key,
      name text not null check (name <> ''),
      created_at timestamptz not null default now()
    );
    create unique index groups_name_key on groups (lower(name));

    create table group_permissions (
      group_id bigint not null references groups on delete cascade,
      resource text not null,
      actions text[] not null check (actions <@ array['view', 'add', 'change', 'delete']),
      primary key (group_id, resource)
    );

    create table group_members (
      group_id bigint not null references groups on delete cascade,
      user_id bigint not null references users on delete cascade,
      primary key (user_id, group_id)
    );
    create index group_members_group on group_members (group_id);

    create table invitation_groups (
      invitation_id bigint not null references invitations on delete cascade,
      group_id bigint not null references groups on delete cascade,
      primary key (invitation_id, group_id)
    );
    create index invitation_groups_group on invitation_groups (group_id);

    alter table permissions add column own text[], add column actions text[];
  `);
}

export async function down(database: Knex): Promise<void> {
  await database.raw(`
    alter table permissions drop column own, drop column actions;
    drop table invitation_groups, group_members, group_permissions, groups;
  `);
}
