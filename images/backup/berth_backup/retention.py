"""retention.py: which backups stay, and where the write-ahead log has holes."""

from . import wal

DAY = 86_400


def fulls_to_keep(backups, leading, days, least, now):
    """How many of the newest full backups stay.

    So many that every moment of the last `days` can be gone back to, for which a full backup from before is needed, and
    never fewer than `least`. Only those among `leading`, which lead to the data that runs, count as such: the backups of
    a restore that was taken back again must not push them out.
    """
    fulls = [backup for backup in backups if backup["type"] == "full"]
    own = {backup["label"] for backup in leading}
    counted = 0
    for count, backup in enumerate(sorted(fulls, key=lambda one: one["timestamp"]["stop"], reverse=True), start=1):
        counted += backup["label"] in own
        if counted >= least and backup["label"] in own and backup["timestamp"]["stop"] <= now - days * DAY:
            return count
    return max(least, len(fulls))


def gaps(backups, segments):
    """Holes in the archived log behind the oldest backup: the time before and after each.

    segments: time by the name of each archived segment.
    """
    starts = [wal.segment_number(backup["archive"]["start"]) for backup in backups]
    if not starts:
        return []
    times = {}
    for name, at in segments.items():
        number = wal.segment_number(name)
        times[number] = max(at, times.get(number, 0))
    present = sorted(number for number in times if number >= min(starts))
    first = min(starts)
    found = []
    if present and present[0] > first:
        found.append({"from": None, "to": times[present[0]], "segments": present[0] - first})
    for one, following in zip(present, present[1:], strict=False):
        if following > one + 1:
            found.append({"from": times[one], "to": times[following], "segments": following - one - 1})
    return found
