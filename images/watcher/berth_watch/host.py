"""host.py: what a container sees of its host without any right: the disk of its volume, and the kernel's counters."""

import os
import time
from pathlib import Path

# Seconds that samples of the disk are kept, and from one to the next.
KEPT = 6 * 3600
EVERY = 300
# Shortest stretch that says anything about a trend.
SHORT = 3600


def slope(samples):
    """Bytes a second by which free space changes, by least squares."""
    count = len(samples)
    middle_at = sum(at for at, _ in samples) / count
    middle_free = sum(free for _, free in samples) / count
    spread = sum((at - middle_at) ** 2 for at, _ in samples)
    return sum((at - middle_at) * (free - middle_free) for at, free in samples) / spread if spread else 0.0


def full_in(samples, now, pace=1.0):
    """
    Seconds until nothing is free, by the slower of the last hour's trend and that of all samples: one large file that
    was written at once is no trend. None if there is no end in sight, or too little is known.
    """
    recent = [one for one in samples if now - one[0] <= SHORT * pace]
    if len(recent) < 3 or recent[-1][0] - recent[0][0] < SHORT * pace / 2:
        return None
    fastest = max(slope(recent), slope(samples))
    return None if fastest >= 0 else samples[-1][1] / -fastest


class Disk:
    """Free space where the stack's volumes are."""

    def __init__(self, path, samples, pace):
        self._path = path
        self._pace = pace
        # (seconds of the epoch, bytes free), the oldest first; they survive a restart.
        self.samples = [tuple(one) for one in samples]
        self.size = self.free = 0

    def look(self):
        now = time.time()
        found = os.statvfs(self._path)
        self.size, self.free = found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize
        # Samples of the future were taken by a clock that was wrong.
        self.samples = [one for one in self.samples if now - KEPT * self._pace <= one[0] <= now]
        if not self.samples or now - self.samples[-1][0] >= EVERY * self._pace:
            self.samples.append((now, self.free))

    def full_in(self):
        return full_in(self.samples, time.time(), self._pace)


class MemoryKills:
    """Processes of the host that the kernel has killed for memory: in a container of this stack, or beside it."""

    def __init__(self, kept, path=Path("/proc/vmstat")):
        self._path = path
        # The kernel counts from its start on.
        self._before = kept.get("before")
        # (seconds of the epoch, how many)
        self.kills = [tuple(one) for one in kept.get("kills", [])]

    def kept(self):
        return {"before": self._before, "kills": self.kills}

    def look(self):
        count = self._count()
        if count is None:
            return
        if self._before is not None and count > self._before:
            self.kills.append((time.time(), count - self._before))
        self._before = count

    @property
    def readable(self):
        return self._count() is not None

    def _count(self):
        try:
            lines = self._path.read_text().splitlines()
        except OSError:
            return None
        return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)
