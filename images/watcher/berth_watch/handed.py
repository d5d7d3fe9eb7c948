"""handed.py: what others hand in: the backups' report in a shared volume, and what a deployment has told."""

import time

from . import settings
from .files import read_json, write_json

# Seconds that the backups' program lets pass between two reports, at most.
REPORT_EVERY = 120

TOLD = settings.STATE / "told.json"


class Backups:
    """The last report of the backups' program; None before the first one."""

    def __init__(self):
        self.report = None

    def look(self):
        self.report = read_json(settings.HANDED / "backups.json", None)

    @property
    def age(self):
        return None if self.report is None else time.time() - self.report["at"]


def tell(event, release, text):
    """A deployment's word: `given-back` or `released`. The newer one holds."""
    write_json(TOLD, {"event": event, "release": release, "text": text, "at": time.time()})


def told():
    return read_json(TOLD, {})
