"""settings.py: what the container is told, and where its files are."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

# The watcher's own volume: what has to be known after a restart. It lies on the engine's disk.
STATE = Path("/var/lib/berth/watch")
# What other containers of the stack hand in, read-only.
HANDED = Path("/var/lib/berth/handed")
# What the program has seen last, in memory.
RUN = Path("/tmp/berth")


@dataclass(frozen=True)
class Settings:
    """The shape of the stack, and whom to tell. A part that is None or False is not deployed, and has no rule."""

    project: str
    stack: str
    # appHost, port, health (path), count, grace (seconds that some may be away: a roll replaces one at a time)
    replicas: dict
    # workerHost: a name that resolves while the worker runs
    worker: dict | None
    # databaseHost, name, pool (connections that one container of the application may use)
    database: dict
    # cacheHost, port
    cache: dict | None
    # edgeHost, port, name, tls, proxyProtocol
    edge: dict | None
    backups: bool
    webhook: bool
    # server, port, tlsFirst (instead of STARTTLS), encrypted (else in the clear), user, sender, to (list)
    mail: dict | None
    heartbeat: bool
    # Seconds between two pings of the dead man's switch.
    heartbeatInterval: int
    # Seconds after which an alert that still holds is sent again.
    repeat: int
    # Every interval and grace is multiplied by it.
    pace: float = 1.0


def read():
    """The settings of this container. Raises KeyError or TypeError for one that is missing."""
    return Settings(**json.loads(os.environ["WATCH_SETTINGS"]))


def secret(name):
    """A secret's text, without the line's end that people leave behind."""
    return (Path(os.environ["SECRETS"]) / name).read_text().strip()


def secret_path(name):
    return Path(os.environ["SECRETS"]) / name
