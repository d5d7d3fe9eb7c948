"""postgres.py: the stack's server."""

import contextlib

import psycopg2

from . import settings
from .notes import Failure


def password_file():
    return settings.RUN / "pgpass"


def prepare():
    """Leaves the password where Postgres' programs read it."""
    settings.RUN.mkdir(mode=0o700, parents=True, exist_ok=True)
    password = settings.secret("database-password").read_text()
    path = password_file()
    path.touch(mode=0o600)
    path.write_text(f"*:*:*:{settings.ROLE}:{password}\n")


def environment():
    return {"PGPASSFILE": str(password_file()), "PGCONNECT_TIMEOUT": "10"}


@contextlib.contextmanager
def connected(config):
    """A connection to the stack's server. Raises Failure if it does not answer."""
    try:
        connection = psycopg2.connect(
            host=config.databaseHost,
            user=settings.ROLE,
            dbname="postgres",
            passfile=str(password_file()),
            connect_timeout=10,
            application_name="berth backups",
            options="-c statement_timeout=60s",
        )
    except psycopg2.Error as error:
        raise Failure(f"Postgres does not answer: {str(error).strip().splitlines()[-1]}") from error
    connection.autocommit = True
    try:
        yield connection
    except psycopg2.Error as error:
        raise Failure(f"Postgres: {str(error).strip().splitlines()[0]}") from error
    finally:
        connection.close()


def query(connection, text, *values):
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall()
