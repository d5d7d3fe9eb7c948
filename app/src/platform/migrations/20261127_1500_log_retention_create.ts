import type { Knex } from "knex";

/**
 * What lets old lines of the audit log and of the history go without a right to delete: functions
 * of the owner's, which take no arguments. How old a line gets stands in a table that only the
 * owner writes (`settleLogs`).
 */
export async function up(database: Knex): Promise<void> {
  await database.raw(`
    create table log_retention (
      log text primary key check (log in ('audit_events', 'changes')),
      days integer not null check (days between 0 and 36500)
    );

    create function sweep_audit_events() returns bigint
    language sql security definer set search_path = pg_catalog, pg_temp
    begin atomic
      with oldest as (select id, at from audit_events order by id limit 5000),
        gone as (
          delete from audit_events where id in (
            select oldest.id from oldest, log_retention
            where log = 'audit_events' and days > 0 and at < now() - days * interval '1 day'
          ) returning id
        )
      select count(*) from gone;
    end;

    create function sweep_changes() returns bigint
    language sql security definer set search_path = pg_catalog, pg_temp
    begin atomic
      with oldest as (select id, at from changes order by id limit 5000),
        gone as (
          delete from changes where id in (
            select oldest.id from oldest, log_retention
            where log = 'changes' and days > 0 and at < now() - days * interval '1 day'
          ) returning id
        )
      select count(*) from gone;
    end;
  `);
}

export async function down(database: Knex): Promise<void> {
  await database.raw("drop function sweep_audit_events(), sweep_changes(); drop table log_retention");
}
