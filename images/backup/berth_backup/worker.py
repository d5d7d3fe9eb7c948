"""worker.py: does one heavy job at a time: by the schedule, because something asks for it, or because a user does."""

import math
import threading
import time

from . import backups, proof, schedule
from .notes import Failure, say
from .parts import Part, told

# Seconds until a failed job is tried again; doubled after each failure, up to six hours.
FIRST_RETRY = 300
LONGEST_RETRY = 6 * 3600

DAY = 86_400


def may_try(remembered, now):
    """Whether the pause after a failure is over. A later end than any pause has was told by a clock that was wrong."""
    return not now < (remembered("retryAt") or 0) <= now + LONGEST_RETRY


class Worker(Part):
    """Runs the schedule."""

    def __init__(self, config, parts, stopping):
        super().__init__("the schedule", stopping, pause=2)
        self._config = config
        self._parts = parts
        self._lock = threading.Lock()
        self.expressions = {
            "full": config.backupFull,
            "diff": config.backupDiff,
            "incr": config.backupIncr,
            "proof": config.backupProof,
        }

    @property
    def memory(self):
        return self._parts.memory

    def once(self):
        now = time.time()
        times = schedule.plan(self.expressions, self.memory.get("planned", {}), now)
        self.memory.set(planned=times)
        for job in self._wanted(times, now):
            if self._stopping.is_set():
                return
            self._by_itself(job)

    def _wanted(self, times, now):
        if self.memory.get("archiveStopped") or not may_try(self.memory.get, now):
            return []
        if self.memory.get("needsFull"):
            return ["full"]
        if self.memory.get("needsProof"):
            return ["proof"]
        return schedule.due(times, now)

    def _by_itself(self, job):
        try:
            errors = self.do(job, lambda _: None)
        except Exception as error:
            errors = [told(error)]
            say("error", f"{job}: {errors[0]}")
        if self._stopping.is_set():
            return
        if errors:
            failures = self.memory.get("failures", 0) + 1
            pause = min(LONGEST_RETRY, FIRST_RETRY * 2 ** (failures - 1))
            self.memory.set(failures=failures, retryAt=time.time() + pause)
        else:
            self.memory.set(failures=0, retryAt=0)

    def do(self, job, progress):
        """Does a job now, after the one that is under way. Returns the reasons of what failed."""
        with self._lock:
            started = time.time()

            def at(share):
                self.memory.set(running={"job": job, "since": started, "percent": share})
                progress({"job": job, "percent": share, "seconds": round(time.time() - started, 1)})

            at(0)
            try:
                errors = self._prove(at) if job == "proof" else self._backup(job, at)
            finally:
                self.memory.set(running=None)
            if job != "proof" or not errors:
                times = schedule.after_run(self.expressions, self.memory.get("planned", {}), job, time.time())
                self.memory.set(planned=times)
            return errors

    def _backup(self, kind, progress):
        needed = self.memory.get("needsFull")
        errors = backups.everywhere(self._config, self._parts.archiver, self._parts.backups, kind, progress)
        if self._parts.uploads:
            errors += self._parts.uploads.keep()
            errors += self._forget()
        if not errors:
            # Something may have broken the log while the backup ran.
            if kind == "full" and self.memory.get("needsFull") == needed:
                self.memory.set(needsFull=None)
            if not any(record.get("ok") for record in self._parts.proofs.newest_first()):
                self.memory.set(needsProof=True)
        return errors

    def _forget(self):
        for repository in self._config.repositories:
            try:
                oldest = min((one["timestamp"]["stop"] for one in backups.existing(repository)), default=time.time())
                # Files of every moment that rows can go back to.
                days = max(self._config.backupDays, math.ceil((time.time() - oldest) / DAY) + 1)
                self._parts.uploads.forget(repository, days)
            except Failure as failure:
                return [f"{repository.kind}: {failure}"]
        return []

    def _prove(self, progress):
        errors = []
        for repository in self._config.repositories:
            record = proof.prove(self._config, self._parts, repository, progress)
            self._parts.proofs.add(record)
            if record["ok"]:
                say("info", "a backup is proved", **record)
            else:
                errors.append(f"{repository.kind}: {record['error']}")
                say("error", f"a proof failed: {errors[-1]}")
        self.memory.set(needsProof=bool(errors) and self.memory.get("needsProof"))
        return errors
