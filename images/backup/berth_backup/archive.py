"""archive.py: puts received write-ahead log into every repository, and knows how far it has come."""

import re
import shutil
import time
from collections import deque

from . import lineage, pgbackrest, postgres, settings, wal
from .notes import Failure, say
from .parts import Part

COMPLETE = re.compile(r"^(?:[0-9A-F]{24}|[0-9A-F]{8}\.history)$")

# Bytes that stay free on the disk of the backups' volume: Postgres usually lies on the same one.
RESERVE = 512 * 1024 * 1024


class Archiver(Part):
    """Pushes segments as they become complete; stops receiving when more of them wait than the settings allow."""

    def __init__(self, config, memory, receiver, stopping):
        super().__init__("the archiver", stopping, pause=1)
        self._config = config
        self._memory = memory
        self._receiver = receiver
        # Position up to which every repository has the log.
        self.archived = 0
        # The server's timeline, as names of segments begin; a database that was taken back has a new one.
        self.timeline = None
        # Positions of the server with their times, of which the log is not archived yet.
        self._samples = deque(maxlen=3600)
        self._retry_at = 0.0
        self._failures = 0
        # When archiving began to fail; None while it works.
        self._failing_since = None

    def once(self):
        waiting = sorted(path for path in settings.WAL.iterdir() if COMPLETE.match(path.name))
        self._observe()
        if time.monotonic() >= self._retry_at:
            self._push(waiting)
        self._bound()
        if self._memory.get("archiveStopped") and not any(COMPLETE.match(p.name) for p in settings.WAL.iterdir()):
            self._check_room()

    def _push(self, waiting):
        for path in waiting:
            if self._stopping.is_set():
                return
            try:
                pgbackrest.ensure_stanza(self._config)
                if not self.archived and self.timeline is not None:
                    self.archived = self._known_end()
                pgbackrest.run("--log-level-console=warn", "archive-push", str(path))
            except Failure as failure:
                self._failures += 1
                self._failing_since = self._failing_since or time.monotonic()
                pause = min(60, 2 ** min(self._failures, 6))
                self._retry_at = time.monotonic() + pause
                if self._memory.get("archiveError") != str(failure):
                    say("error", f"the write-ahead log is not archived: {failure}", retryInSeconds=pause)
                self._memory.set(archiveError=str(failure))
                return
            path.unlink()
            if len(path.name) == 24 and path.name[:8] == self.timeline:
                self.archived = max(self.archived, wal.segment_end(path.name))
            self._advance()
            self._failures, self._failing_since = 0, None
            if self._memory.get("archiveError"):
                say("info", "the write-ahead log is archived again")
                # What failed meanwhile is not put off any longer.
                self._memory.set(archiveError=None, failures=0, retryAt=0)

    def _known_end(self):
        """How far the repository that is behind the others has come, after a restart."""
        ends = []
        for repository in self._config.repositories:
            known = [found["max"] for found in pgbackrest.info(repository).get("archive", []) if found["max"]]
            newest = [name for name in known if name[:8] == self.timeline]
            ends.append(wal.segment_end(max(newest)) if newest else 0)
        return min(ends)

    def _observe(self):
        """Notes where the server is, so that it is known later from when the archived log is."""
        try:
            with postgres.connected(self._config) as connection:
                [[system, timeline, position, oldest, following]] = postgres.query(
                    connection,
                    "select (select system_identifier::text from pg_control_system()), left(pg_walfile_name(pg_current_wal_lsn()), 8), "
                    "pg_current_wal_insert_lsn()::text, pg_snapshot_xmin(s)::text::bigint, "
                    "pg_snapshot_xmax(s)::text::bigint from pg_current_snapshot() s",
                )
        except Failure as failure:
            self._memory.set(serverError=str(failure))
            return
        self._memory.set(serverError=None)
        if timeline != self.timeline:
            # Positions count anew from where the timelines part.
            self.timeline, self.archived = timeline, 0
            self._samples.clear()
            self._memory.set(reachedTransaction=None)
            lineage.note(self._memory, system, timeline, time.time())
        sample = (time.time(), wal.lsn(position), oldest, following)
        self._samples.append(sample)
        self._advance()

    def _advance(self):
        """Everything that was committed up to `restorableTo` is archived."""
        reached = None
        while self._samples and self._samples[0][1] <= self.archived:
            reached = self._samples.popleft()
            self._memory.set(restorableTo=round(reached[0], 3), reachedTransaction=reached[3])
        if not self._samples:
            return
        newest = self._samples[-1]
        # No transaction has written since: what is not archived holds no commit.
        if newest[2] == newest[3] == self._memory.get("reachedTransaction"):
            self._memory.set(restorableTo=round(newest[0], 3))

    def _bound(self):
        size = sum(path.stat().st_size for path in settings.WAL.iterdir() if path.exists())
        self._memory.set(waitingBytes=size)
        if self._memory.get("archiveStopped"):
            return
        limit = self._config.backupWalLimit * 1024 * 1024
        if size > limit:
            self._receiver.give_up(
                f"{size >> 20} MiB of write-ahead log wait for a repository, and backupWalLimit is {limit >> 20} MiB"
            )
        elif shutil.disk_usage(settings.ROOT).free < RESERVE:
            self._receiver.give_up(f"the disk of the backups' volume has less than {RESERVE >> 20} MiB left")

    def _check_room(self):
        """Goes on once the log of before is archived, so that the repositories answer, and there is room."""
        if shutil.disk_usage(settings.ROOT).free >= 2 * RESERVE:
            self._receiver.resume()

    def wait_for(self, position, seconds, failing=None):
        """Waits until the log is archived up to a position. Raises Failure if it is not in time.

        failing: seconds for which archiving may already have failed; with None that does not end the wait.
        """
        deadline = time.monotonic() + seconds
        while self.archived < position:
            pgbackrest.refuse_foreign()
            if self._stopping.is_set():
                raise Failure("the container is stopping")
            since = self._failing_since
            if failing is not None and since is not None and time.monotonic() - since > failing:
                raise Failure(f"the write-ahead log is not archived: {self._memory.get('archiveError')}")
            if time.monotonic() > deadline:
                why = self._memory.get("archiveError") or self._memory.get("receiveError") or "it is slow"
                raise Failure(f"the write-ahead log of the backup is not archived after {seconds} s: {why}")
            time.sleep(0.2)
