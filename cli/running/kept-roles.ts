import { ownerRole, rowsRole } from "../../infra/facts/database-logins.ts";
import { databaseName } from "../../infra/facts/stack-names.ts";
import { rowsSql } from "../../infra/rendering/role-sql.ts";

/** Lines of SQL for psql that make a role if it is not there; `%1$L` and `%1$I` are its name. */
const ensured =
  "format('select %L where not exists (select from pg_roles where rolname = %L) \\gexec', format('create role %I', name), name)";

/**
 * SQL that prints the SQL which gives another server the logins of this one, with the rights that
 * each has here. What it had in the other one may be less, and may lack the roles that own and use
 * the data.
 */
const presentRoles = `
with logins as (select oid, rolname as name, rolpassword, rolreplication from pg_authid where rolcanlogin and rolpassword is not null),
memberships as (
  select l.name as login, g.rolname as name from pg_auth_members m
  join logins l on l.oid = m.member join pg_roles g on g.oid = m.roleid
),
lines(step, line) as (
  select 1, ${ensured} from logins
  union all select 1, ${ensured} from (select distinct name from memberships where name not like 'pg\\_%') groups
  union all select 2, format('alter role %I login %s password %L;', name,
    case when rolreplication then 'replication' else 'noreplication' end, rolpassword) from logins
  union all select 3, format('grant %I to %I;', name, login) from memberships
  union all select 4, format('select %L where exists (select from pg_database where datname = %L) \\gexec',
    format('grant connect on database %I to %I', datname, name), datname)
    from logins, pg_database where has_database_privilege(name, pg_database.oid, 'connect') and not datistemplate
  union all select 5, case when s.setdatabase = 0
    then format('alter role %I set %I = %L;', name, split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1))
    else format('select %L where exists (select from pg_database where datname = %L) \\gexec',
      format('alter role %I in database %I set %I = %L', name, datname, split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1)), datname) end
    from pg_db_role_setting s join logins l on l.oid = s.setrole left join pg_database d on d.oid = s.setdatabase, unnest(s.setconfig) setting
)
select line from lines order by step, line`;

/** File of the login roles that a swap has kept. @param folder with the data, of any container */
export const keptRoles = (folder: string): string => `${folder}/roles.sql`;

/** File that says what was swapped in, until its server has the roles. */
export const swappedMark = (folder: string): string => `${folder}/berth_swapped`;

/**
 * Shell lines, for Postgres' container, that keep the login roles of today over a swap: verifiers
 * only, in a file beside the data, so that a swap that was killed finds it again.
 * @param folder of the container, in Postgres' volume
 */
export function keepRoles(folder: string): string {
  const file = keptRoles(folder);
  return `set -eu
umask 077
[ -e ${file} ] || { psql -XqAtU postgres -d postgres >${file}.partial <<'SQL'
${presentRoles}
SQL
mv ${file}.partial ${file}; }`;
}

/**
 * Shell lines that give the kept roles to the server that was swapped in, and the rows there to the
 * role of requests, which a database of before may not know. That completes the swap.
 */
export function takeRoles(folder: string): string {
  const file = keptRoles(folder);
  const psql = "psql -XqAtU postgres -v ON_ERROR_STOP=1";
  const canServe = `select exists (select from pg_database where datname = '${databaseName}') and 2 = (select count(*) from pg_roles where rolname in ('${ownerRole}', '${rowsRole}'))`;
  return `set -eu
until pg_isready -q -h 127.0.0.1 -U postgres; do sleep 0.2; done
[ ! -e ${file} ] || ${psql} -d postgres -f ${file} >/dev/null
[ "$(${psql} -d postgres -c "${canServe}")" = f ] || ${psql} -d ${databaseName} >/dev/null <<'SQL'
${rowsSql({ owner: ownerRole, rows: rowsRole })}
SQL
rm -f ${file} ${swappedMark(folder)}`;
}
