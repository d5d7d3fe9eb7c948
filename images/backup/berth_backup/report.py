"""report.py: what can be restored, and what is wrong: the one truth that `berth backups`, status and metrics show."""

import time

from . import backups, retention
from .notes import Failure

# Seconds of committed work that may be lost with the host, at most.
RECOVERY_POINT = 60

DAY = 86_400

# Looks at a repository cost a listing of it, so they are kept this many seconds.
FRESH = 20

_looks = {}


def look(repository):
    """What a repository holds: its backups and gaps, or the reason why it cannot be read."""
    at, kept = _looks.get(repository.kind, (0, None))
    if kept is not None and time.monotonic() - at < FRESH:
        return kept
    try:
        held = backups.existing(repository)
        present = backups.segments(repository) if held else {}
        found = {
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
        found = {"backups": [], "gaps": [], "lacking": {}, "error": str(error)}
    _looks[repository.kind] = (time.monotonic(), found)
    return found


def forget_looks():
    _looks.clear()


def _repository(repository, memory, records, proofs):
    found = look(repository)
    restorable = memory.get("restorableTo")
    of_it = [record for record in records if record.get("repository") == repository.kind]
    proved = [record for record in proofs if record.get("repository") == repository.kind]
    stops = [one["stop"] for one in found["backups"] if one["label"] not in found["lacking"]]
    last_proof = next(iter(proved), None)
    return {
        "kind": repository.kind,
        **found,
        "restorableFrom": min(stops, default=None),
        "restorableTo": restorable if stops else None,
        "lastRun": next(iter(of_it), None),
        "lastProof": last_proof,
        "lastProved": next((record for record in proved if record.get("ok")), None),
    }


def report(config, parts):
    """Everything, as `berth backups --json` prints it; times are seconds of the epoch."""
    now = time.time()
    memory = parts.memory
    records, proofs = parts.backups.newest_first(), parts.proofs.newest_first()
    repositories = [_repository(one, memory, records, proofs) for one in config.repositories]
    restorable = memory.get("restorableTo")
    found = {
        "stack": config.stack,
        "at": now,
        "repositories": repositories,
        "lagSeconds": None if restorable is None else round(max(0.0, now - restorable), 1),
        "waitingBytes": memory.get("waitingBytes", 0),
        "archiveStopped": memory.get("archiveStopped"),
        "archiveError": memory.get("archiveError") or memory.get("receiveError"),
        "serverError": memory.get("serverError"),
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
    lag = found["lagSeconds"]
    if lag is None:
        problems.append("nothing is archived yet")
    elif lag > RECOVERY_POINT:
        problems.append(f"the last {round(lag)} s could not be restored; {RECOVERY_POINT} s is the limit")
    if found["needsFull"]:
        problems.append(f"a new full backup is needed: {found['needsFull']}")
    uploads = found["uploads"]
    if uploads is not None and uploads["error"]:
        problems.append(f"uploads are not kept: {uploads['error']}")
    for repository in found["repositories"]:
        problems += [f"{repository['kind']}: {problem}" for problem in _problems_of(repository, found, now)]
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
    elif now - proved["startedAt"] > found["maxProofAge"] * DAY:
        days = (now - proved["startedAt"]) / DAY
        problems.append(f"the newest proof is {days:.1f} days old; maxProofAge is {found['maxProofAge']}")
    return problems
