"""uploads.py: uploaded files, kept by restic beside the database's backups, with the same key.

Uploads never change once they have their name, so a moment's files are those of the snapshots around it. A snapshot is
made within a minute of a change.
"""

import hashlib
import json
import os
import threading
import time
from datetime import datetime

from . import pgbackrest, processes, settings
from .advice import advised
from .notes import Failure, say
from .parts import Part

INTERVAL = 30

# Seconds that a look at a repository may take: restic itself tries for a quarter of an hour.
LOOK = 60

# Seconds that who asks for a snapshot waits for the one that is under way.
PATIENCE = 120

# Folders of a restore: what was restored, and what was swapped for it.
ASIDE = (".restored", ".before")


def environment(repository):
    given = repository.options
    own = {
        "RESTIC_PASSWORD_FILE": str(settings.secret("key")),
        "RESTIC_CACHE_DIR": str(settings.SCRATCH / "restic"),
        "RESTIC_PROGRESS_FPS": "0.1",
        # Little memory rather than little time.
        "GOGC": "20",
        "GOMAXPROCS": "1",
    }
    if repository.kind == "volume":
        return {**own, "RESTIC_REPOSITORY": str(settings.ROOT / "uploads")}
    if repository.kind == "s3":
        return {
            **own,
            "RESTIC_REPOSITORY": f"s3:https://{given['endpoint']}/{given['bucket']}/{given['path']}/uploads",
            "AWS_SHARED_CREDENTIALS_FILE": str(_credentials(given["accessKey"])),
            "AWS_DEFAULT_REGION": given["region"],
        }
    address = f"{given['user']}@{given['host']}:{given['port']}"
    return {**own, "RESTIC_REPOSITORY": f"sftp://{address}/{given['path']}/uploads"}


def _credentials(access_key):
    path = settings.RUN / "s3-credentials"
    path.touch(mode=0o600)
    secret = settings.secret("s3-secret-key").read_text().strip()
    path.write_text(f"[default]\naws_access_key_id={access_key}\naws_secret_access_key={secret}\n")
    return path


def command(repository, *arguments):
    options = []
    if repository.kind == "s3" and repository.options["ca"]:
        options = ["--cacert", str(settings.secret("s3-ca"))]
    if repository.kind == "sftp":
        hosts, key = settings.secret("sftp-known-hosts"), settings.secret("sftp-key")
        options = [
            "-o",
            f"sftp.args=-i {key} -o UserKnownHostsFile={hosts} -o StrictHostKeyChecking=yes -o BatchMode=yes",
        ]
    # Snapshots of the uploads and of the deployment's state may meet.
    return ["restic", "--quiet", "--retry-lock", "2m", *options, *arguments]


def run(repository, *arguments, limit=None):
    """Runs restic, which must succeed. Raises Failure with its last words, also after `limit` seconds."""
    code, said = processes.run(command(repository, *arguments), environment=environment(repository), limit=limit)
    if code == 0:
        return said
    raise Failure(advised(f"restic {arguments[0]} ended with {code}: {processes.last_words(said, 2)}", said))


def ensure(repository):
    """Makes the repository, if there is none."""
    code, said = processes.run(command(repository, "cat", "config"), environment=environment(repository), limit=LOOK)
    # 10: there is no repository.
    if code == 10:
        run(repository, "init")
    elif code != 0:
        raise Failure(advised(f"the repository of uploads: {processes.last_words(said, 2)}", said))


def fingerprint():
    """Names the present files by their places, sizes and times."""
    digest = hashlib.sha256()
    folders = [settings.MEDIA]
    while folders:
        folder = folders.pop()
        for entry in sorted(os.scandir(folder), key=lambda one: one.name):
            if entry.name in ASIDE:
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif not entry.name.endswith(".part"):
                found = entry.stat(follow_symlinks=False)
                digest.update(f"{entry.path}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def snapshot(repository):
    """Makes a snapshot of the uploads: its record."""
    if not os.path.isdir(settings.MEDIA):
        raise Failure(f"{settings.MEDIA} is not there")
    ensure(repository)
    excluded = [word for name in ("*.part", *ASIDE) for word in ("--exclude", name)]
    said = run(repository, "backup", "--json", "--host", "berth", *excluded, str(settings.MEDIA))
    summaries = [json.loads(line) for line in said.splitlines() if '"summary"' in line]
    if not summaries or "snapshot_id" not in summaries[-1]:
        raise Failure("restic made no snapshot")
    made = summaries[-1]
    return {
        "snapshot": made["snapshot_id"],
        "files": made["total_files_processed"],
        "bytes": made["total_bytes_processed"],
    }


def snapshots(repository):
    """Ids of the snapshots with their times, the oldest first."""
    said = run(repository, "snapshots", "--no-lock", "--json", "--host", "berth", limit=LOOK)
    # Warnings may stand before the list, which is one line.
    [listed] = [json.loads(line) for line in said.splitlines() if line.startswith("[")]
    # Python takes six digits of a second, restic writes nine.
    return [(one["id"], _seconds(one["time"])) for one in sorted(listed, key=lambda one: _seconds(one["time"]))]


def _seconds(text):
    head, _, zone = text.partition(".")
    digits = zone.rstrip("Z").split("+")[0].split("-")[0][:6]
    suffix = "+00:00" if text.endswith("Z") else text[-6:]
    return datetime.fromisoformat(f"{head[:19]}.{digits or '0'}{suffix}").timestamp()


class Keeper(Part):
    """Looks at the uploads twice a minute, and makes a snapshot in every repository when they have changed."""

    def __init__(self, config, memory, stopping):
        super().__init__("uploads", stopping, pause=INTERVAL)
        self._config = config
        self._memory = memory
        self._lock = threading.Lock()

    def once(self):
        self.keep()

    def keep(self):
        """Makes the snapshots that are due. Returns the reasons of those that failed."""
        if not self._lock.acquire(timeout=PATIENCE):
            return [f"a snapshot of the uploads is under way for more than {PATIENCE} s"]
        try:
            try:
                # Snapshots of this stack would stand between another one's and who has it back.
                pgbackrest.ensure_stanza(self._config)
            except Failure as failure:
                return self._told([str(failure)])
            errors = []
            for repository in self._config.repositories:
                try:
                    self._keep(repository)
                except (Failure, OSError, ValueError) as error:
                    errors.append(f"{repository.kind}: {error}")
            return self._told(errors)
        finally:
            self._lock.release()

    def _told(self, errors):
        told = "; ".join(errors) or None
        if told and told != self._memory.get("uploadsError"):
            say("error", f"uploads are not kept: {told}")
        self._memory.set(uploadsError=told)
        return errors

    def _keep(self, repository):
        looked = time.time()
        present = fingerprint()
        known = self._memory.get("uploads", {})
        last = known.get(repository.kind, {})
        if last.get("fingerprint") != present:
            last = {"fingerprint": present, **snapshot(repository), "at": looked}
            say("info", "uploads are kept", repository=repository.kind, files=last["files"])
        self._memory.set(uploads={**known, repository.kind: {**last, "current": looked}})

    def forget(self, repository, days):
        """Removes snapshots that are older than the database's backups."""
        run(
            repository,
            "forget",
            "--quiet",
            "--host",
            "berth",
            "--keep-within",
            f"{days}d",
            "--keep-last",
            "1",
            "--prune",
        )
