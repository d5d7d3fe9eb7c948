"""notes.py: log lines, files, and what is remembered over a restart."""

import json
import os
import threading
import time

from . import settings


class Failure(Exception):
    """Work that failed, with the reason for people."""


def say(level, message, **more):
    print(json.dumps({"level": level, "msg": message, **more}), flush=True)


def write(path, text):
    """Writes a file so that it is there whole or not at all, also after a power failure."""
    partial = path.with_name(path.name + ".partial")
    with open(partial, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def read_json(path, otherwise):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return otherwise


class Memory:
    """Facts that survive a restart: a dictionary in one file, safe to use from several threads."""

    def __init__(self, path):
        self._path = path
        self._lock = threading.Lock()
        self._facts = read_json(path, {})

    def get(self, name, otherwise=None):
        with self._lock:
            return self._facts.get(name, otherwise)

    def set(self, **facts):
        """Remembers facts. A full disk loses the file's copy, not the running program."""
        with self._lock:
            if all(name in self._facts and self._facts[name] == value for name, value in facts.items()):
                return
            self._facts.update(facts)
            try:
                write(self._path, json.dumps(self._facts, indent=1) + "\n")
            except OSError as error:
                say("error", f"the volume of backups cannot be written: {error}")


class Records:
    """Records of one sort, a file each; the newest hundred stay."""

    def __init__(self, name):
        self.folder = settings.STATE / name
        self.folder.mkdir(parents=True, exist_ok=True)
        # Those that found no room on the disk, the newest first; they go with the program.
        self._unwritten = []

    def add(self, record):
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(record["startedAt"]))
        try:
            write(self.folder / f"{stamp}-{os.urandom(3).hex()}.json", json.dumps(record, indent=1) + "\n")
        except OSError as error:
            say("error", f"the volume of backups cannot be written: {error}")
            self._unwritten = [record, *self._unwritten][:10]
            return
        self._unwritten = []
        for old in sorted(self.folder.glob("*.json"))[:-100]:
            old.unlink(missing_ok=True)

    def newest_first(self):
        written = [read_json(path, {}) for path in sorted(self.folder.glob("*.json"), reverse=True)]
        return [*self._unwritten, *written]
