"""deployed.py: the state of the stack's deployment, handed over after each update, kept by restic beside the uploads.

It holds what the stack has made by itself, keys of sessions among others: without it an empty host makes new ones.
Secrets in it are encrypted with the deployer's passphrase before they come here.
"""

import hashlib

from . import pgbackrest, processes, settings, uploads
from .notes import Failure, write
from .parts import Part

FILE = settings.STATE / "deployed" / "state.json"
HOST = "berth-state"
INTERVAL = 10
# States of so many updates stay in a repository.
KEPT = 10


def put(text):
    """Takes a state over; the keeper brings it to the repositories."""
    FILE.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write(FILE, text)


def newest(config):
    """The state that was kept last, of the first repository that has one. Raises Failure if none has."""
    reasons = []
    for repository in config.repositories:
        command = uploads.command(repository, "dump", "--no-lock", "--host", HOST, "latest", str(FILE))
        code, said = processes.run(command, environment=uploads.environment(repository))
        # Warnings may stand around the state, which is one line.
        found = [line for line in said.splitlines() if line.startswith("{")]
        if code == 0 and found:
            return found[-1]
        reasons.append(f"{repository.kind}: {processes.last_words(said, 1)}")
    raise Failure(f"no state is kept: {'; '.join(reasons)}")


class Keeper(Part):
    """Makes a snapshot in every repository after each update."""

    def __init__(self, config, memory, stopping):
        super().__init__("the deployment's state", stopping, pause=INTERVAL)
        self._config = config
        self._memory = memory

    def once(self):
        try:
            digest = hashlib.sha256(FILE.read_bytes()).hexdigest()
        except FileNotFoundError:
            return
        errors = []
        for repository in self._config.repositories:
            kept = self._memory.get("deployed", {})
            if kept.get(repository.kind) == digest:
                continue
            try:
                self._snapshot(repository)
                self._memory.set(deployed={**kept, repository.kind: digest})
            except Failure as failure:
                errors.append(f"{repository.kind}: {failure}")
        if errors:
            raise Failure("; ".join(errors))

    def _snapshot(self, repository):
        # Another stack's repository is left alone.
        pgbackrest.ensure_stanza(self._config)
        uploads.ensure(repository)
        uploads.run(repository, "backup", "--host", HOST, str(FILE))
        uploads.run(repository, "forget", "--host", HOST, "--keep-last", str(KEPT))
