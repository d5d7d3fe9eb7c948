"""backups.py: one backup of the database: made, its log waited for, recorded; old ones removed."""

import re
import time

from . import lineage, pgbackrest, retention, settings, wal
from .notes import Failure, say

LABEL = re.compile(r"new backup label = (\S+)")
STOP = re.compile(r"backup stop archive = \S+, lsn = (\S+)")
PROGRESS = re.compile(r", ([\d.]+)%\)")

# Seconds that the write-ahead log of a finished backup may take to be archived.
PATIENCE = 600


def existing(repository):
    return pgbackrest.info(repository).get("backup", [])


def segments(repository):
    """Time by the name of each archived segment of the present database."""
    found = {}
    for path, file in pgbackrest.files(repository, f"archive/{settings.STANZA}").items():
        name = path.rsplit("/", 1)[-1][:24]
        if re.fullmatch(r"[0-9A-F]{24}", name):
            found[name] = file["time"]
    return found


def make(config, archiver, repository, kind, progress):
    """Makes a backup in one repository and returns its record.

    It counts once everything that it takes to restore it is in the repository.
    progress gets the share that is done, in per cent.
    """
    started = time.time()
    pgbackrest.ensure_stanza(config)

    def on_line(line):
        found = PROGRESS.search(line)
        if found:
            progress(float(found[1]))

    # pgBackRest's own look at the archive wants an archive_command; the wait below is the same look.
    said = pgbackrest.run(
        f"--repo={repository.number}",
        f"--type={kind}",
        "--no-archive-check",
        "--no-expire-auto",
        "--log-level-console=detail",
        "backup",
        on_line=on_line,
    )
    label, stop = LABEL.findall(said), STOP.findall(said)
    if not label or not stop:
        raise Failure("pgBackRest named no backup")
    archiver.wait_for(wal.lsn(stop[-1]), PATIENCE)
    [made] = [backup for backup in existing(repository) if backup["label"] == label[-1]]
    if made["error"]:
        raise Failure(
            f"backup {label[-1]} holds pages whose checksum is wrong: the database's disk or memory is faulty"
        )
    lacking = missing(made, segments(repository))
    if lacking:
        raise Failure(f"the repository lacks {len(lacking)} segments of backup {label[-1]}, the first is {lacking[0]}")
    return {
        "repository": repository.kind,
        "type": made["type"],
        "label": label[-1],
        "startedAt": started,
        "seconds": round(time.time() - started, 1),
        "databaseBytes": made["info"]["size"],
        "storedBytes": made["info"]["repository"].get("delta", 0),
    }


def missing(backup, present):
    """Segments between the start and the stop of a backup that are not archived."""
    timeline = int(backup["archive"]["stop"][:8], 16)
    first, last = (wal.segment_number(backup["archive"][end]) for end in ("start", "stop"))
    names = [wal.segment_name(timeline, number) for number in range(first, last + 1)]
    return [name for name in names if name not in present]


def expire(config, archiver, repository):
    """Removes backups that the settings no longer keep, and the log before them."""
    held = existing(repository)
    leading = lineage.fitting(repository, held, archiver.timeline)
    count = retention.fulls_to_keep(held, leading, config.backupDays, config.backupFulls, time.time())
    pgbackrest.run(
        f"--repo={repository.number}",
        f"--repo{repository.number}-retention-full-type=count",
        f"--repo{repository.number}-retention-full={count}",
        "expire",
    )


def everywhere(config, archiver, records, kind, progress):
    """Makes a backup in every repository. Returns the reasons of those that failed."""
    errors = []
    for repository in config.repositories:
        started = time.time()
        try:
            record = make(config, archiver, repository, kind, progress)
            records.add({**record, "ok": True})
            say("info", "a backup is made", **record)
            expire(config, archiver, repository)
        except (Failure, OSError, ValueError) as failure:
            reason = f"{repository.kind}: {failure}"
            errors.append(reason)
            say("error", f"no {kind} backup: {reason}")
            records.add(
                {"repository": repository.kind, "type": kind, "startedAt": started, "ok": False, "error": str(failure)}
            )
    return errors
