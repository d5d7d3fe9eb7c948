"""receiver.py: Postgres' write-ahead log, as it comes, into the folder WAL.

pg_receivewal holds a replication slot, so Postgres keeps what was not received yet, up to `max_slot_wal_keep_size`.
Beyond that Postgres gives the slot up and runs on; the log then has a gap, which only a new full backup closes.
"""

import os
import re
import threading

from . import postgres, processes, settings, wal
from .notes import Failure, say
from .parts import Part

PARTIAL = re.compile(r"^[0-9A-F]{24}\.partial$")


class Receiver(Part):
    """Runs pg_receivewal for as long as receiving is wanted."""

    def __init__(self, config, memory, stopping):
        super().__init__("the receiver", stopping, pause=2)
        self._config = config
        self._memory = memory
        self._wanted = threading.Event()
        self._wanted.set()
        self._process = None

    def once(self):
        if not self._wanted.is_set():
            return
        try:
            self._prepare_slot()
            self._receive()
        except Failure as failure:
            self._memory.set(receiveError=str(failure))

    def give_up(self, why):
        """Stops receiving, and has Postgres keep nothing: the log has a gap from here on."""
        self._wanted.clear()
        self._memory.set(archiveStopped=why, needsFull=why)
        say("error", f"archiving is stopped: {why}")
        self._end()
        self._forget_partial()
        try:
            with postgres.connected(self._config) as connection:
                self._drop_slot(connection)
        except Failure as failure:
            say("error", f"Postgres keeps its write-ahead log up to backupWalLimit: {failure}")

    def resume(self):
        self._memory.set(archiveStopped=None)
        say("info", "archiving goes on; a full backup follows")
        self._wanted.set()

    def _end(self):
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            process.wait()

    def _forget_partial(self, besides=None):
        for path in settings.WAL.iterdir():
            if PARTIAL.match(path.name) and path.name[:8] != besides:
                path.unlink(missing_ok=True)

    def _begin_anew(self):
        """Another database was swapped in: what waits is not its log."""
        for path in settings.WAL.iterdir():
            path.unlink(missing_ok=True)
        # What failed for the other one is no reason to wait.
        self._memory.set(needsFull="another database was swapped in", archiveError=None, failures=0, retryAt=0)

    def _drop_slot(self, connection):
        postgres.query(
            connection,
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s and not active",
            settings.SLOT,
        )

    def _prepare_slot(self):
        with postgres.connected(self._config) as connection:
            [[size, timeline, system]] = postgres.query(
                connection,
                "select setting::bigint, left(pg_walfile_name(pg_current_wal_lsn()), 8), "
                "(select system_identifier::text from pg_control_system()) "
                "from pg_settings where name = 'wal_segment_size'",
            )
            wal.segment_size = size
            if self._memory.get("system", system) != system:
                self._begin_anew()
            self._memory.set(system=system)
            # Data of before a restore that was swapped in again knows nothing of the restored one's timeline.
            self._forget_partial(besides=timeline)
            found = postgres.query(
                connection,
                "select wal_status, active_pid from pg_replication_slots where slot_name = %s",
                settings.SLOT,
            )
            if found and found[0][0] in ("lost", None):
                self._memory.set(
                    needsFull="Postgres wrote more than backupWalLimit while nothing received its write-ahead log"
                )
                self._drop_slot(connection)
                found = []
            if found:
                return
            if self._memory.get("received"):
                self._memory.set(needsFull=self._memory.get("needsFull") or "the replication slot was gone")
            # What follows does not join on to what is here.
            self._forget_partial()
            postgres.query(connection, "select pg_create_physical_replication_slot(%s, true)", settings.SLOT)

    def _receive(self):
        process = processes.start(
            [
                "pg_receivewal",
                *("--host", self._config.databaseHost, "--username", settings.ROLE, "--no-password"),
                *("--directory", settings.WAL, "--slot", settings.SLOT, "--no-loop"),
            ],
            env={**os.environ, **postgres.environment()},
        )
        self._process = process
        self._memory.set(received=True, receiveError=None)
        said = process.stdout.read()
        process.wait()
        process.stdout.close()
        processes.finish(process)
        if not self._stopping.is_set() and self._wanted.is_set():
            raise Failure(f"pg_receivewal ended: {processes.last_words(said, 2)}")
