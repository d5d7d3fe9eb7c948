"""rules.py: what is worth telling somebody, each made from the stack's own shape: no part, no rule."""

import time
from collections.abc import Callable
from dataclasses import dataclass

MINUTE, HOUR, DAY = 60, 3600, 86_400
MIB, GIB = 1 << 20, 1 << 30

# A replica that has fallen so often within so many seconds will again.
FALLS, FALLS_WITHIN = 3, 10 * MINUTE
# Seconds that one statement, or one open transaction, may take.
STATEMENT, TRANSACTION = 60, 5 * MINUTE
# Seconds that a job may wait for a worker beyond its time.
JOB_WAITS = 10 * MINUTE
# Share of a certificate's life that may be left: renewals begin at a third, or when the authority says.
LIFE_LEFT, LONGEST_LEFT = 0.2, 14 * DAY
# Seconds of committed work that may be lost with the host, as the backups' own report has it.
LAG = 60
# Seconds that a kill for memory is shown.
KILL_SHOWN = HOUR
# Seconds that the clock may be apart from others'.
APART = 5


@dataclass(frozen=True)
class Rule:
    """One condition. `check` returns what holds, a sentence each; nothing if all is well; None if it cannot be told."""

    name: str
    # critical: people notice, or data is at risk. warning: it will be critical, or is for one of them.
    severity: str
    # Seconds that it has to hold before anybody is told, and to be gone before that is told.
    grace: float
    check: Callable


def span(seconds):
    """A duration as people read it."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def size(count):
    return f"{count / GIB:.1f} GiB" if count >= GIB else f"{count / MIB:.0f} MiB"


def replica_down(seen, given):
    wanted, healthy = given.replicas["count"], seen.replicas.healthy
    if len(healthy) >= wanted:
        return []
    ailing = sorted((one.name, one.reason) for one in seen.replicas.known.values() if not one.healthy)
    return [f"{len(healthy)} of {wanted} replicas answer", *(f"{name} {reason}" for name, reason in ailing)]


def crash_loop(seen, given):
    since = time.time() - FALLS_WITHIN * given.pace
    found = []
    for one in seen.replicas.known.values():
        one.falls = [at for at in one.falls if at > since]
        if len(one.falls) >= FALLS:
            release = "" if one.release is None else f" (release {one.release})"
            found.append(f"{one.name}{release} ended {len(one.falls)} times within {span(FALLS_WITHIN)}")
    return sorted(found)


def worker_down(seen, _):
    return [] if seen.worker else ["no worker runs, so no job is done"]


def edge_down(seen, _):
    return [] if seen.edge.error is None else [f"the proxy does not answer: {seen.edge.error}"]


def certificate_late(seen, given):
    found = seen.edge.certificate
    if found is None:
        return None
    left, life = found["to"] - time.time(), found["to"] - found["from"]
    if left > min(LIFE_LEFT * life, LONGEST_LEFT):
        return []
    name = given.edge["name"]
    if left <= 0:
        return [f"the certificate of {name} has expired {span(-left)} ago"]
    return [f"the certificate of {name} ends in {span(left)} and is not renewed"]


def database_down(seen, _):
    return [] if seen.database.error is None else [f"Postgres: {seen.database.error}"]


def cache_down(seen, _):
    return [] if seen.cache is None else [f"Redis: {seen.cache}"]


def connections_used_up(seen, given):
    if seen.database.error is not None:
        return None
    pool = given.database["pool"]
    found = [
        f"{seen.named(address)} has {count} of its {pool} connections at work, so requests wait for one"
        for address, count in sorted(seen.database.busy().items())
        if count >= pool
    ]
    if seen.database.connections >= 0.9 * seen.database.most:
        found.append(f"{seen.database.connections} of Postgres' {seen.database.most} connections are open")
    return found


def slow_statement(seen, given):
    if seen.database.error is not None:
        return None
    found = []
    for address, role, pid, state, seconds, waits in seen.database.clients:
        whose = f"{role} at {seen.named(address)}, process {pid}"
        if state == "active" and seconds > STATEMENT * given.pace:
            found.append(f"a statement of {whose} runs for {span(seconds)}{f', waiting for {waits}' if waits else ''}")
        elif state is not None and state.startswith("idle in transaction") and seconds > TRANSACTION * given.pace:
            found.append(f"a transaction of {whose} is open for {span(seconds)} and does nothing")
    return found


def queue_stuck(seen, given):
    queues = seen.database.queues
    if queues is None:
        return None
    return [
        f"{count} jobs of {name} wait, the oldest for {span(seconds)}"
        for name, count, seconds, dead in queues
        if not dead and seconds > JOB_WAITS * given.pace
    ]


def dead_letters(seen, _):
    queues = seen.database.queues
    if queues is None:
        return None
    return [f"{count} jobs of {name} have failed for good" for name, count, _, dead in queues if dead]


def backup_unproven(seen, given):
    report = seen.backups.report
    if report is None:
        return ["the backups have not reported"]
    if seen.backups.age > 10 * MINUTE * given.pace:
        return [f"the backups have not reported for {span(seen.backups.age)}: their container does not work"]
    late = "write-ahead log is not archived", "could not be restored", "archiving is stopped", "nothing is archived"
    return [problem for problem in report["problems"] if not any(words in problem for words in late)]


def archive_lag(seen, _):
    report = seen.backups.report
    if report is None:
        return None
    found = []
    if report["archiveStopped"]:
        found.append(f"archiving is stopped: {report['archiveStopped']}")
    if report["archiveError"]:
        found.append(f"the write-ahead log is not archived: {report['archiveError']}")
    if report["lagSeconds"] is not None and report["lagSeconds"] > LAG:
        found.append(f"the last {span(report['lagSeconds'])} of work would be lost with the host")
    return found


def disk_full(seen, _):
    disk = seen.disk
    if not disk.size:
        return None
    left = f"{size(disk.free)} of {size(disk.size)} are left on the disk of the stack's volumes"
    if disk.free < 0.05 * disk.size:
        return [left]
    ends = disk.full_in()
    return [f"{left}; at today's pace it is full in {span(ends)}"] if ends is not None and ends < DAY else []


def memory_kills(seen, given):
    recent = [(at, count) for at, count in seen.memory.kills if at > time.time() - KILL_SHOWN * given.pace]
    seen.memory.kills = recent
    if not recent:
        return []
    at = time.strftime("%H:%M:%S UTC", time.gmtime(recent[-1][0]))
    return [f"the kernel has killed {sum(count for _, count in recent)} processes of the host for memory, last at {at}"]


def clock_off(seen, _):
    ahead = seen.clock.ahead
    if ahead is None or abs(ahead) <= APART:
        return []
    word = "ahead of" if ahead > 0 else "behind"
    return [f"the host's clock is {span(abs(ahead))} {word} that of {seen.clock.host}"]


def release_given_back(seen, _):
    return [seen.told["text"]] if seen.told.get("event") == "given-back" else []


def of(given, memory_readable=True):
    """The rules of a stack."""
    parts = [
        Rule("replica-down", "critical", given.replicas["grace"], replica_down),
        Rule("crash-loop", "critical", 0, crash_loop),
        Rule("database-down", "critical", MINUTE, database_down),
        Rule("connections-used-up", "critical", MINUTE, connections_used_up),
        Rule("slow-statement", "warning", 0, slow_statement),
        Rule("queue-stuck", "warning", MINUTE, queue_stuck),
        Rule("dead-letters", "warning", 0, dead_letters),
        Rule("disk-full", "critical", 5 * MINUTE, disk_full),
    ]
    if given.worker is not None:
        parts.append(Rule("worker-down", "critical", given.replicas["grace"], worker_down))
    if given.edge is not None:
        parts.append(Rule("edge-down", "critical", MINUTE, edge_down))
        parts.append(Rule("release-given-back", "critical", 0, release_given_back))
        if given.edge["tls"]:
            parts.append(Rule("certificate-late", "critical", HOUR, certificate_late))
    if given.cache is not None:
        parts.append(Rule("cache-down", "warning", MINUTE, cache_down))
    if given.backups:
        parts.append(Rule("archive-lag", "critical", 5 * MINUTE, archive_lag))
        parts.append(Rule("backup-unproven", "critical", 2 * HOUR, backup_unproven))
    if memory_readable:
        parts.append(Rule("memory-kills", "warning", 0, memory_kills))
    if given.webhook or given.heartbeat:
        parts.append(Rule("clock-off", "warning", MINUTE, clock_off))
    return parts
