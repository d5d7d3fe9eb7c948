"""notes.py: what is said and written down: log lines, files, the status that `berth certs` shows."""

import json
import os

import settings


class Failure(Exception):
    """A run that failed, with the reason for people."""


def say(level, message, **more):
    print(json.dumps({"level": level, "msg": message, **more}), flush=True)


def write(path, text):
    """Writes a file so that it is there whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text)
    os.replace(partial, path)


def read_status():
    try:
        return json.loads(settings.STATUS.read_text())
    except (OSError, ValueError):
        return {}
