"""report.py: what can be restored, and what is wrong: the one truth that `berth backups`, status and metrics show."""

import shutil
import threading
import time

from . import advice, archive, backups, retention
from .notes import Failure

# Seconds of committed work that may be lost with the host, at most.
RECOVERY_POINT = 60

# Seconds after which uploads count as not kept: a look is due every half minute, and a snapshot takes its time.
UPLOADS_POINT = 300

DAY = 86_400

# Looks at a repository cost a listing of it, so they are kept this many seconds.
FRESH = 20

# Seconds that a question waits for a look; pgBackRest tries for minutes while a repository does not answer.
PATIENCE = 15

_looks = {}
_lock = threading.Lock()


class _Look(threading.Thread):
    """One look at a repository. A look that does not end is not begun a second time."""

    def __init__(self, repository):
        super().__init__(name=f"look at {repository.kind}", daemon=True)
        self._repository = repository
        self._begun = time.monotonic()
        self.found = None
        self._ended = None

    def run(self):
        self.found = _look(self._repository)
        self._ended = time.monotonic()

    @property
    def stale(self):
        return self._ended is not None and time.monotonic() - self._ended >= FRESH

    def wait(self):
        self.join(max(0, self._begun + PATIENCE - time.monotonic()))
        if self.found is not None:
            return self.found
        seconds = round(time.monotonic() - self._begun)
        return _unread(f"has not answered for {seconds} s; look at {advice.PLACES[self._repository.kind]}")


def _unread(reason):
    return {"backups": [], "gaps": [], "lacking": {}, "error": reason}


def look_at(repositories):
    """What each repository holds: its backups and gaps, or the reason why it cannot be read."""
    return [begun.wait() for begun in [_begin(repository) for repository in repositories]]


def _begin(repository):
    with _lock:
        kept = _looks.get(repository.kind)
        if kept is None or kept.stale:
            kept = _looks[repository.kind] = _Look(repository)
            kept.start()
    return kept


def _look(repository):
    try:
        held = backups.existing(repository)
        present = backups.segments(repository) if held else {}
        return {
            "backups": [
                {
                    "label": one["label"],
                    "type": one["type"],
                    "stop": one["timestamp"]["stop"],
                    "databaseBytes": one["info"]["size"],
                    "storedBytes": one["info"]["repository"].get("delta", 0),
                }
                for one in held
            ],
            "gaps": retention.gaps(held, present),
            "lacking": {one["label"]: len(lack) for one in held if (lack := backups.missing(one, present))},
            "error": None,
        }
    except (Failure, OSError, ValueError, KeyError) as error:
        return _unread(str(error))


def forget_looks():
    """Has the next question look again. A look that is under way stays: it may not end for minutes."""
    with _lock:
        for kind in [kind for kind, one in _looks.items() if one.found is not None]:
            del _looks[kind]


def ahead(at, now):
    """Whether a time was told by a clock that was wrong."""
    return at > now + RECOVERY_POINT


def _of(repository, records, now):
    """Records of a repository. Those with a time of the future count only as long as there is no other."""
    own = [record for record in records if record.get("repository") == repository.kind]
    return [record for record in own if not ahead(record["startedAt"], now)] or own


def _repository(repository, found, memory, records, proofs, now):
    restorable = memory.get("restorableTo")
    runs, proved = _of(repository, records, now), _of(repository, proofs, now)
    stops = [one["stop"] for one in found["backups"] if one["label"] not in found["lacking"]]
    last_proof = next(iter(proved), None)
    return {
        "kind": repository.kind,
        **found,
        "restorableFrom": min(stops, default=None),
        "restorableTo": restorable if stops else None,
        "lastRun": next(iter(runs), None),
        "lastProof": last_proof,
        "lastProved": next((record for record in proved if record.get("ok")), None),
    }


def report(config, parts):
    """Everything, as `berth backups --json` prints it; times are seconds of the epoch."""
    now = time.time()
    memory = parts.memory
    records, proofs = parts.backups.newest_first(), parts.proofs.newest_first()
    looks = zip(config.repositories, look_at(config.repositories), strict=True)
    repositories = [_repository(one, found, memory, records, proofs, now) for one, found in looks]
    restorable = memory.get("restorableTo")
    found = {
        "stack": config.stack,
        "at": now,
        "repositories": repositories,
        "lagSeconds": None if restorable is None or ahead(restorable, now) else round(max(0.0, now - restorable), 1),
        "clockWasWrong": restorable is not None and ahead(restorable, now),
        "waitingBytes": memory.get("waitingBytes", 0),
        "archiveStopped": memory.get("archiveStopped"),
        "archiveError": memory.get("archiveError") or memory.get("receiveError"),
        "serverError": memory.get("serverError"),
        "dataRoom": shutil.disk_usage(config.pgdata).free,
        "faults": [f"{thread.name}: {thread.fault}" for thread in parts.threads if thread.fault],
        "needsFull": memory.get("needsFull"),
        "uploads": _uploads(config, memory),
        "running": memory.get("running"),
        "next": memory.get("planned", {}),
        "retryAt": memory.get("retryAt") or None,
        "maxProofAge": config.maxProofAge,
    }
    problems = problems_of(found, now)
    return {**found, "problems": problems, "healthy": not problems}


def _uploads(config, memory):
    if not config.uploads:
        return None
    return {"error": memory.get("uploadsError"), "repositories": memory.get("uploads", {})}


def problems_of(found, now):
    """What keeps the policy from holding, a sentence each."""
    problems = []
    if found["archiveStopped"]:
        problems.append(f"archiving is stopped: {found['archiveStopped']}")
    if found["archiveError"]:
        problems.append(f"the write-ahead log is not archived: {found['archiveError']}")
    if found["serverError"]:
        problems.append(found["serverError"])
    problems += found["faults"]
    if found["dataRoom"] < archive.RESERVE:
        problems.append(
            f"the disk of Postgres' data has less than {archive.RESERVE >> 20} MiB left: free some room there, because "
            "Postgres ends when it has none"
        )
    lag = found["lagSeconds"]
    if found["clockWasWrong"]:
        problems.append("what is archived has a time of the future: the clock was wrong. The next change sets it right")
    elif lag is None:
        problems.append("nothing is archived yet")
    elif lag > RECOVERY_POINT:
        problems.append(f"the last {round(lag)} s could not be restored; {RECOVERY_POINT} s is the limit")
    if found["needsFull"]:
        problems.append(f"a new full backup is needed: {found['needsFull']}")
    uploads = found["uploads"]
    if uploads is not None:
        problems += _problems_of_uploads(uploads, found["repositories"], now)
    for repository in found["repositories"]:
        problems += [f"{repository['kind']}: {problem}" for problem in _problems_of(repository, found, now)]
    return problems


def _problems_of_uploads(uploads, repositories, now):
    if uploads["error"]:
        return [f"uploads are not kept: {uploads['error']}"]
    problems = []
    for kind in (repository["kind"] for repository in repositories):
        current = uploads["repositories"].get(kind, {}).get("current")
        if current is None:
            problems.append(f"{kind}: uploads are not kept yet")
        elif ahead(current, now):
            problems.append(f"{kind}: uploads were kept at a time of the future: the clock was wrong")
        elif now - current > UPLOADS_POINT:
            problems.append(f"{kind}: uploads of the last {round(now - current)} s are not kept")
    return problems


def _problems_of(repository, found, now):
    if repository["error"]:
        return [repository["error"]]
    problems = []
    if not repository["backups"]:
        problems.append("holds no backup")
    fulls = [one["stop"] for one in repository["backups"] if one["type"] == "full"]
    for gap in repository["gaps"]:
        # A full backup after it begins anew: the moments of the gap are lost, the later ones are not.
        if not fulls or gap["to"] > max(fulls):
            problems.append(f"{gap['segments']} segments of write-ahead log are missing since the last full backup")
    problems += [
        f"backup {label} lacks {count} segments of write-ahead log" for label, count in repository["lacking"].items()
    ]
    last = repository["lastRun"]
    if last is not None and not last["ok"]:
        problems.append(f"the last backup failed: {last['error']}")
    proof = repository["lastProof"]
    if proof is not None and not proof["ok"]:
        problems.append(f"the last proof failed: {proof['error']}")
    proved = repository["lastProved"]
    if proved is None:
        problems.append("no backup was proved by restoring it")
    elif ahead(proved["startedAt"], now):
        problems.append(
            "the newest proof has a time of the future: the clock was wrong. Make another: berth backups prove"
        )
    elif now - proved["startedAt"] > found["maxProofAge"] * DAY:
        days = (now - proved["startedAt"]) / DAY
        problems.append(f"the newest proof is {days:.1f} days old; maxProofAge is {found['maxProofAge']}")
    return problems
