"""proof.py: a backup that was restored: its record says what was seen."""

import shutil
import time

from . import backups, lineage, postgres, scratch_server, settings, uploads, wal
from .notes import Failure

FOLDER = settings.SCRATCH / "proof"

# Uploads that are opened.
SAMPLE = 20


def prove(config, parts, repository, progress):
    """Restores the newest backup, replays the log up to a point that is set now, and looks at the result.

    The server runs in this container, on a socket that nothing else sees. Never raises: a record says what failed.
    """
    started = time.time()
    record = {"repository": repository.kind, "startedAt": started, "ok": False}
    try:
        record.update(_prove(config, parts, repository, progress))
        record["ok"] = True
    except (Failure, OSError, ValueError, KeyError) as error:
        record["error"] = str(error)
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
    record["seconds"] = round(time.time() - started, 1)
    return record


def _prove(config, parts, repository, progress):
    shutil.rmtree(FOLDER, ignore_errors=True)
    timeline = parts.archiver.timeline
    held = lineage.fitting(repository, backups.existing(repository), timeline)
    if not held:
        raise Failure("there is no backup of the running data")
    newest = max(held, key=lambda one: one["timestamp"]["stop"])
    room = shutil.disk_usage(settings.SCRATCH).free
    if newest["info"]["size"] * 1.2 > room:
        raise Failure(f"restoring needs {newest['info']['size'] >> 20} MiB, and {room >> 20} MiB are free")
    point = f"berth_proof_{round(time.time())}"
    with postgres.connected(config) as connection:
        [[position]] = postgres.query(connection, "select pg_create_restore_point(%s)::text", point)
        postgres.query(connection, "select pg_switch_wal()")
    to = time.time()
    parts.archiver.wait_for(wal.lsn(position), backups.PATIENCE)
    progress(10)
    database, target = FOLDER / "database", ("name", point)
    scratch_server.restore(
        repository, database, newest["label"], timeline, target, on_share=lambda share: progress(10 + share * 0.5)
    )
    with scratch_server.running(database, FOLDER) as server:
        progress(70)
        checked = _look(config, server)
        names = (
            server.rows(f"select name, bytes from media order by random() limit {SAMPLE}", config.database)
            if server.has_table(config.database, "media")
            else []
        )
    progress(90)
    if config.uploads:
        checked["uploads"] = _open_uploads(parts, repository, names)
    return {
        "backup": newest["label"],
        "restoredTo": to,
        "databaseBytes": newest["info"]["size"],
        **checked,
    }


def _look(config, server):
    """Checks a restored server: every page and index, the schema, the rows, the user's query."""
    server.amcheck()
    invalid = []
    rows = {}
    for [database] in server.rows("select datname from pg_database where datallowconn and not datistemplate"):
        invalid += server.rows("select indexrelid::regclass::text from pg_index where not indisvalid", database)
    for [table] in server.rows(
        "select format('%I.%I', schemaname, relname) from pg_stat_user_tables order by 1", config.database
    ):
        [[rows[table]]] = server.rows(f"select count(*) from {table}", config.database)
    found = {
        "tables": len(rows),
        "rows": sum(int(count) for count in rows.values()),
        "invalidIndexes": [n for [n] in invalid],
    }
    if server.has_table(config.database, "knex_migrations"):
        [[found["schema"]]] = server.rows("select max(name) from knex_migrations", config.database)
    if config.proofQuery:
        answer = server.rows(config.proofQuery, config.database)
        if not answer or answer[0][0] not in ("t", "true"):
            raise Failure(f"proofQuery did not answer true on the restored database, but {answer[:1]}")
        found["query"] = True
    return found


def _open_uploads(parts, repository, names):
    """Restores a sample of the files that rows name, and compares their sizes."""
    errors = parts.uploads.keep()
    if errors:
        raise Failure("; ".join(errors))
    made = uploads.snapshots(repository)
    if not made:
        raise Failure("there is no snapshot of the uploads")
    snapshot, _ = made[-1]
    if not names:
        # Opens the repository's index and the newest tree all the same.
        uploads.run(repository, "ls", snapshot)
        return {"snapshot": snapshot, "opened": 0}
    target = FOLDER / "uploads"
    includes = [word for name, _ in names for word in ("--include", f"/{name}")]
    uploads.run(repository, "restore", f"{snapshot}:{settings.MEDIA}", "--target", str(target), *includes)
    for name, size in names:
        path = target / name
        if not path.is_file():
            raise Failure(f"upload {name} is not in the backup, but a row names it")
        if path.stat().st_size != int(size):
            raise Failure(f"upload {name} has {path.stat().st_size} bytes in the backup, and {size} by its row")
    return {"snapshot": snapshot, "opened": len(names)}
