"""restore.py: the database and the uploads of a moment, beside the running ones.

They are made in folders of the same volumes, so that a swap is a rename. Nothing that runs is touched: what was
restored half is begun anew, and what was restored whole has a mark inside.
"""

import contextlib
import json
import os
import shutil
import time
from pathlib import Path

from . import backups, lineage, pgbackrest, postgres, retention, scratch_server, settings, uploads
from .notes import Failure, read_json, write

MARK = "berth_restored.json"
RECOVERY = (
    *("archive_mode", "restore_command", "recovery_target", "recovery_target_action", "recovery_target_inclusive"),
    *("recovery_target_lsn", "recovery_target_name", "recovery_target_time", "recovery_target_timeline"),
)


def restore(config, target, progress):
    """Restores a moment from the first repository that has it. Returns what is known of it.

    `passedOver` of that: the repositories before it that could not, each with its reason.

    target: `at`, the moment in seconds of the epoch, and `lsn`, its exact position, if that is known; with `latest`
    everything that was archived until then.
    """
    postgres.prepare()
    pgbackrest.prepare(config)
    reasons = []
    for repository in config.repositories:
        try:
            return {**_from(config, repository, target, progress), "passedOver": reasons}
        except Failure as failure:
            reasons.append(f"{repository.kind}: {failure}")
    raise Failure("; ".join(reasons))


def _from(config, repository, target, progress):
    volume = Path(config.pgdata).parent
    whole, partial = volume / "restored", volume / "restored.partial"
    for folder in (partial, whole):
        shutil.rmtree(folder, ignore_errors=True)
    known = pgbackrest.info(repository)
    held = known.get("backup", [])
    ran = read_json(settings.STATE / "memory.json", {}).get(lineage.FACT, [])
    systems = [str(database["system-id"]) for database in known.get("db", [])]
    timeline = lineage.running_at(ran, systems[-1] if systems else None, target.get("at") or time.time())
    source = _source(lineage.fitting(repository, held, timeline), target)
    room = shutil.disk_usage(volume).free
    if source["info"]["size"] * 1.2 > room:
        raise Failure(f"restoring needs {source['info']['size'] * 12 // 10 >> 20} MiB, and {room >> 20} MiB are free")
    origin = (repository, partial, source["label"], timeline)
    scratch_server.restore(
        *origin, _pgbackrest_target(target), on_share=lambda share: progress(round(share * 0.6, 1))
    )
    progress(60)
    try:
        facts = _finish_database(config, partial, progress)
    except Failure as failure:
        # No transaction ended behind the moment, so all of the log is what belongs to it, if all of it is there.
        if "before configured recovery target was reached" not in str(failure) or _has_holes(repository, held):
            raise
        shutil.rmtree(partial)
        scratch_server.restore(*origin, ("default", ""))
        facts = _finish_database(config, partial, progress)
    facts = {"repository": repository.kind, "backup": source["label"], "target": target, **facts}
    if config.uploads:
        progress(85)
        facts["uploads"] = _uploads(repository, target.get("at") or time.time())
    write(partial / MARK, json.dumps(facts) + "\n")
    os.replace(partial, whole)
    progress(100)
    return facts


def _source(held, target):
    """The newest backup from before the moment."""
    at = target.get("at") or time.time()
    fitting = [backup for backup in held if backup["timestamp"]["stop"] <= at]
    if not held:
        raise Failure("there is no backup of the data that ran then")
    if not fitting:
        oldest = min(backup["timestamp"]["stop"] for backup in held)
        said = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(oldest))
        raise Failure(f"the oldest moment that can be restored is {said}")
    return max(fitting, key=lambda backup: backup["timestamp"]["stop"])


def _pgbackrest_target(target):
    if target.get("latest"):
        return "default", ""
    if target.get("lsn"):
        return "lsn", target["lsn"]
    if target.get("at"):
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(target["at"]))
        return "time", f"{moment}.{round(target['at'] % 1 * 1e6) % 1_000_000:06d}+00"
    return "default", ""


def _has_holes(repository, held):
    return bool(retention.gaps(held, backups.segments(repository)))


def _finish_database(config, folder, progress):
    """Replays the log, and leaves a database that was shut down in order and forgets that it was restored."""
    with scratch_server.running(folder, settings.RUN, durable=True) as server:
        progress(75)
        [[at]] = server.rows("select coalesce(extract(epoch from pg_last_xact_replay_timestamp())::text, '')")
        facts = {"lastTransactionAt": float(at) if at else None}
        if server.has_table(config.database, "knex_migrations"):
            [[facts["schema"]]] = server.rows("select max(name) from knex_migrations", config.database)
        [[size]] = server.rows(f"select pg_database_size('{config.database}')")
        facts["databaseBytes"] = int(size)
        for name in RECOVERY:
            server.rows(f"alter system reset {name}")
    with contextlib.suppress(FileNotFoundError):
        (folder / "recovery.signal").unlink()
    return facts


def _uploads(repository, at):
    """The files of a moment: of the snapshot after it those that were there, and what was deleted until that one."""
    target = settings.MEDIA / ".restored"
    for entry in target.iterdir():
        shutil.rmtree(entry)
    made = uploads.snapshots(repository)
    after = next(((one, when) for one, when in made if when >= at), None)
    before = next(((one, when) for one, when in reversed(made) if when < at), None)
    if after is None and before is None:
        raise Failure("there is no snapshot of the uploads")
    for found in (after, before):
        if found is not None:
            uploads.run(
                repository,
                "restore",
                "--no-lock",
                f"{found[0]}:{settings.MEDIA}",
                "--target",
                str(target),
                "--overwrite",
                "never",
            )
    count = 0
    for folder, _, names in os.walk(target):
        for name in names:
            path = Path(folder) / name
            if path.stat().st_mtime > at:
                path.unlink()
            else:
                count += 1
    return {"files": count}
