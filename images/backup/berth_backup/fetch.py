"""fetch.py: single tables and rows of a restored moment, as a script for the running server.

The script makes tables of a schema of their own, so that nothing that is there changes. It lies in the data's volume,
which the running server has too.
"""

from pathlib import Path

from . import scratch_server, settings
from .notes import Failure
from .restore import MARK

SCRIPT = "fetched.sql"

# Columns that Postgres computes from others take no values.
COLUMNS = """
select string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum),
  string_agg(quote_ident(attname), ', ' order by attnum)
from pg_attribute where attrelid = to_regclass('{table}') and attnum > 0 and not attisdropped and attgenerated = ''"""


def fetch(config, wanted):
    """Writes the script for some tables of the restored moment; returns their rows and columns by name.

    wanted: `into`, the schema; `tables` with their names; `where`, a condition in SQL, if not all rows are wanted.
    Raises Failure if no moment is restored, or a table was not there then.
    """
    volume = Path(config.pgdata).parent
    restored = volume / "restored"
    if not (restored / MARK).is_file():
        raise Failure("no moment is restored; berth restore --to restores one")
    settings.RUN.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = volume / f"{SCRIPT}.partial"
    partial.touch(mode=0o600)
    found = {}
    with scratch_server.running(restored, settings.RUN, durable=True) as server, partial.open("w") as script:
        script.write(_head(wanted["into"]))
        for table in wanted["tables"]:
            found[table] = _table(server, config.database, wanted, table, script)
    partial.rename(volume / SCRIPT)
    return found


def _head(schema):
    owner = "from pg_database where datname = current_database() \\gexec\n"
    return (
        f"select format('create schema if not exists {schema} authorization %I', pg_get_userbyid(datdba)) {owner}"
        f"select format('set role %I', pg_get_userbyid(datdba)) {owner}"
    )


def _table(server, database, wanted, table, script):
    [[definitions, columns]] = server.rows(COLUMNS.format(table=table), database)
    if not columns:
        raise Failure(f"there was no table {table} at that moment")
    target = f"{wanted['into']}.{table.rsplit('.', 1)[-1]}"
    condition = f" where {wanted['where']}" if wanted.get("where") else ""
    script.write(f"create table {target} ({definitions});\ncopy {target} from stdin;\n")
    server.copy(f"select {columns} from {table}{condition}", database, script)
    script.write("\\.\n")
    [[count]] = server.rows(f"select count(*) from {table}{condition}", database)
    return {"rows": int(count), "columns": columns}
