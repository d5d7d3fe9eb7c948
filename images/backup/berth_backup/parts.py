"""parts.py: threads that work for as long as the container runs."""

import errno
import threading

from .notes import Failure, say


def told(error):
    """A fault as people read it."""
    if isinstance(error, Failure):
        return str(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        full = "; free some room there" if error.errno == errno.ENOSPC else ""
        return f"{where}{error.strerror}{full}"
    return f"{type(error).__name__}: {error}"


class Part(threading.Thread):
    """A thread that works in rounds. A fault ends one round, never the thread."""

    def __init__(self, name, stopping, pause):
        super().__init__(name=name, daemon=True)
        self._stopping = stopping
        self._pause = pause
        # Why the last round ended early; None if it did not.
        self.fault = None

    def run(self):
        while not self._stopping.is_set():
            try:
                self.once()
                fault = None
            except Exception as error:
                fault = told(error)
            if fault and fault != self.fault:
                say("error", f"{self.name}: {fault}")
            self.fault = fault
            self._stopping.wait(self._pause)
