"""database.py: what Postgres says of itself, to a role that may read statistics and the length of queues alone."""

import psycopg2
from psycopg2 import sql

from . import settings

ROLE = "berth_watch"
# Schemas of pg-boss: the one that berth's own applications use, and the library's own.
JOB_SCHEMAS = ("jobs", "pgboss")

ACTIVITY = """
select coalesce(host(client_addr), ''), usename, pid, state,
       extract(epoch from clock_timestamp() - coalesce(case when state = 'active' then query_start else xact_start end,
                                                       clock_timestamp()))::float8,
       coalesce(wait_event_type || ': ' || wait_event, '')
  from pg_stat_activity
 where backend_type = 'client backend' and pid <> pg_backend_pid()
   and usename is not null and usename !~ '^(berth_|postgres$|app_migration$)'
"""

CONNECTIONS = """
select count(*), current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
  from pg_stat_activity where backend_type = 'client backend'
"""

QUEUES = """
select job.name, count(*), extract(epoch from clock_timestamp() - min(job.start_after))::float8,
       job.name in (select dead_letter from {queue} where dead_letter is not null)
  from {job} as job
 where job.state in ('created', 'retry') and job.start_after <= clock_timestamp()
 group by job.name
"""

# Schemas whose queues the role may read.
READABLE = """
select n.nspname from pg_namespace n join pg_class c on c.relnamespace = n.oid and c.relname = 'job'
 where n.nspname = any (%s) and has_schema_privilege(n.oid, 'usage') and has_column_privilege(c.oid, 'state', 'select')
"""


class Database:
    """The last look at Postgres; `error` says why there is none."""

    def __init__(self, given):
        self._given = given
        self._connection = None
        self.error = "has not been asked yet"
        self.connections, self.most = 0, 0
        # (address, role, pid, state, seconds, what it waits for) of each client
        self.clients = []
        # (name, jobs that are due, seconds that the oldest one has waited, whether it is of dead letters); None if the
        # application has no queue that can be read
        self.queues = None

    def look(self):
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._open()
            self.connections, self.most = self._rows(CONNECTIONS)[0]
            self.clients = self._rows(ACTIVITY)
            self.queues = self._look_at_queues()
            self.error = None
        except psycopg2.Error as error:
            lines = str(error).strip().splitlines()
            self.error = lines[-1] if lines else type(error).__name__
            self.clients, self.queues = [], None
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self):
        connection = psycopg2.connect(
            host=self._given["databaseHost"],
            dbname=self._given["name"],
            user=ROLE,
            password=settings.secret("database-password"),
            connect_timeout=5,
            application_name="berth watch",
            options="-c statement_timeout=5s -c default_transaction_read_only=on",
        )
        connection.autocommit = True
        return connection

    def _rows(self, text, *values):
        with self._connection.cursor() as cursor:
            cursor.execute(text, values)
            return cursor.fetchall()

    def _look_at_queues(self):
        found = self._rows(READABLE, list(JOB_SCHEMAS))
        if not found:
            return None
        [[schema]] = found[:1]
        tables = {name: sql.Identifier(schema, name) for name in ("job", "queue")}
        return self._rows(sql.SQL(QUEUES).format(**tables))

    def busy(self):
        """Connections at work, or inside a transaction, by the address of their container."""
        counts = {}
        for address, _, _, state, _, _ in self.clients:
            if state not in ("idle", None):
                counts[address] = counts.get(address, 0) + 1
        return counts
