"""settings.py: what the container is told, and where its files are."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

# The volume of backups.
ROOT = Path("/var/lib/berth/backups")
# Received write-ahead log that is not in every repository yet.
WAL = ROOT / "wal"
# What has to be known after a restart.
STATE = ROOT / "state"
# Room for servers that are restored to prove a backup, and for restic's cache.
SCRATCH = Path("/var/lib/berth/scratch")
# What the stack's watcher reads; a volume only if there is one.
HANDED = Path("/var/lib/berth/handed")
# Uploaded files of the stack, read-only.
MEDIA = Path("/var/lib/berth/media")
# Sockets and configuration of this run.
RUN = Path("/tmp/berth")
CONTROL = RUN / "control"
STANZA = "main"
SLOT = "berth_backup"
ROLE = "berth_backup"


@dataclass(frozen=True)
class Repository:
    """One place that backups are kept in."""

    # volume, s3 or sftp
    kind: str
    # Its number in pgBackRest's configuration.
    number: int
    options: dict


@dataclass(frozen=True)
class Settings:
    """The stack's settings of backups, under the names that `pulumi config` has for them."""

    stack: str
    databaseHost: str
    database: str
    # Data folder of Postgres, at the place where its own container has it.
    pgdata: str
    # Five fields of cron; empty for never.
    backupFull: str
    backupDiff: str
    backupIncr: str
    backupProof: str
    # Days that can be gone back to, and full backups that stay however old they are.
    backupDays: int
    backupFulls: int
    # MiB of write-ahead log that may wait for a repository.
    backupWalLimit: int
    # Days.
    maxProofAge: int
    proofQuery: str
    # Whether uploads lie in the stack's volume, and the uid that they belong to.
    uploads: bool
    uploadsOwner: int
    repositories: list = field(default_factory=list)


def read():
    """The settings of this container. Raises KeyError for one that is missing."""
    given = json.loads(os.environ["BACKUP_SETTINGS"])
    repositories = [
        Repository(options.pop("kind"), number, options)
        for number, options in enumerate(given.pop("repositories"), start=1)
    ]
    return Settings(**given, repositories=repositories)


def stack():
    """Name of the stack, for commands that people run."""
    return json.loads(os.environ["BACKUP_SETTINGS"])["stack"]


def secret(name):
    """A secret's file."""
    return Path(os.environ["SECRETS"]) / name
