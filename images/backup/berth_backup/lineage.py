"""lineage.py: timelines, of which each restore that is swapped in begins one.

A moment belongs to the timeline that ran at that time. The newest one need not run: the data of before a restore may
have been swapped in again.
"""

from . import pgbackrest, settings, wal
from .notes import Failure

# What ran, in its order: timelines, the identifiers of their databases, and the times from which on.
FACT = "timelines"


def note(memory, system, timeline, now):
    """Remembers from when a timeline of a database runs."""
    ran = memory.get(FACT, [])
    last = ran[-1] if ran else {}
    if (last.get("system"), last.get("timeline")) != (system, timeline):
        memory.set(**{FACT: [*ran, {"system": system, "timeline": timeline, "since": now}]})


def running_at(ran, system, at):
    """The timeline of a database that ran at a moment, as names of segments begin.

    None if this database never ran here: the host of its backups is another one.
    """
    own = [one for one in ran if one["system"] == system]
    begun = [one["timeline"] for one in own if one["since"] <= at]
    return begun[-1] if begun else next((one["timeline"] for one in own), None)


def parents(history):
    """Where a timeline parted from each of its ancestors: position by name, of the text of its history file."""
    found = {}
    for line in history.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0].isdigit():
            found[f"{int(words[0]):08X}"] = wal.lsn(words[1])
    return found


def fitting(repository, held, timeline):
    """Backups that lead to a timeline; all of them if it is not known."""
    if timeline is None:
        return held
    ancestors = parents(_history(repository, timeline)) if timeline != "00000001" else {}

    def leads(backup):
        own, stop = backup["archive"]["stop"][:8], wal.lsn(backup["lsn"]["stop"])
        return own == timeline or stop <= ancestors.get(own, -1)

    return [backup for backup in held if leads(backup)]


def _history(repository, timeline):
    name = f"{timeline}.history"
    waiting = settings.WAL / name
    if waiting.is_file():
        return waiting.read_text()
    folder = f"archive/{settings.STANZA}"
    archived = [path for path in pgbackrest.files(repository, folder) if path.rsplit("/", 1)[-1] == name]
    if not archived:
        raise Failure(f"the repository lacks {name}, which says what timeline {int(timeline, 16)} began from")
    return pgbackrest.read(repository, f"{folder}/{archived[-1]}")
