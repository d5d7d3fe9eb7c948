"""files.py: log lines, and files that are there whole or not at all."""

import json
import os


def say(level, message, **more):
    print(json.dumps({"level": level, "msg": message, **more}), flush=True)


def write_json(path, value, durable=True):
    """Writes a file in one step; `durable` waits until a power failure cannot take it back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with open(partial, "w") as file:
        json.dump(value, file)
        file.flush()
        if durable:
            os.fsync(file.fileno())
    os.replace(partial, path)


def read_json(path, otherwise):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return otherwise
