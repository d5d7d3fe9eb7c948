/** SQL that prints the SQL which gives another server the login roles of this one. */
const presentRoles = `
select format('select %L where not exists (select from pg_roles where rolname = %L) \\gexec', format('create role %I', rolname), rolname)
  || E'\\n' || format('alter role %I login password %L;', rolname, rolpassword)
  || case when rolname like 'app\\_%' then E'\\n' || format('grant app_owner to %1$I; alter role %1$I in database app set role = app_owner; grant connect on database app to %1$I;', rolname) else '' end
from pg_authid where rolcanlogin and rolpassword is not null order by rolname`;

/**
 * Shell lines, for Postgres' container, that keep the login roles of today over a swap: verifiers
 * only, in a file beside the data, so that a swap that was killed finds it again.
 * @param folder of the container, in Postgres' volume
 */
export function keepRoles(folder: string): string {
  const file = `${folder}/roles.sql`;
  return `set -eu
umask 077
[ -e ${file} ] || { psql -XqAtU postgres -d postgres >${file}.partial <<'SQL'
${presentRoles}
SQL
mv ${file}.partial ${file}; }`;
}

/** Shell lines that give the kept roles to the server that was swapped in. */
export function takeRoles(folder: string): string {
  const file = `${folder}/roles.sql`;
  return `set -eu
until pg_isready -q -h 127.0.0.1 -U postgres; do sleep 0.2; done
[ ! -e ${file} ] || psql -XqU postgres -d postgres -v ON_ERROR_STOP=1 -f ${file} >/dev/null
rm -f ${file}`;
}
