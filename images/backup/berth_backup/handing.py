"""handing.py: hands the report to the stack's watcher, which may not ask: as a file, in a volume of its own."""

import json
import time

from . import report, settings
from .notes import write
from .parts import Part

# Seconds from one report to the next: each may cost a listing of a repository.
EVERY = 120

# Facts whose change is worth a report at once.
URGENT = ("archiveStopped", "archiveError", "receiveError", "serverError", "needsFull")


class Handing(Part):
    """Writes the report."""

    def __init__(self, config, parts, stopping):
        super().__init__("handing the report in", stopping, pause=5)
        self._config = config
        self._parts = parts
        self._next = 0.0
        self._urgent = None

    def once(self):
        urgent = [bool(self._parts.memory.get(name)) for name in URGENT]
        if time.monotonic() < self._next and urgent == self._urgent:
            return
        self._next, self._urgent = time.monotonic() + EVERY, urgent
        path = settings.HANDED / "backups.json"
        write(path, json.dumps(report.report(self._config, self._parts)))
        path.chmod(0o644)
