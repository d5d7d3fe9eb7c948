"""replicas.py: asks each replica for its health, over a connection that is kept: a process that ends closes it."""

import http.client
import select
import socket
import time
from concurrent.futures import ThreadPoolExecutor

# Seconds that a replica has for its answer, as its own check has.
PATIENCE = 4
# Seconds after which a container that is gone is forgotten.
FORGET = 1800


def addresses(host):
    """Every address that a name has on the stack's networks; none while nothing of it runs."""
    try:
        return sorted({found[4][0] for found in socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)})
    except OSError:
        return []


def container_name(address):
    """The name of the container, which Docker's name server knows."""
    try:
        return socket.gethostbyaddr(address)[0].split(".")[0]
    except OSError:
        return address


class Replica:
    """One container of the application, by its name: it stays the same over a restart."""

    def __init__(self, name, falls=()):
        self.name = name
        self.address = None
        self.healthy = False
        self.reason = "has not been asked yet"
        self.release = None
        self.seen = time.time()
        # When its process has ended.
        self.falls = list(falls)
        self._fallen = False
        self._connection = None

    def _fall(self, now):
        if not self._fallen:
            self._fallen = True
            self.falls.append(now)

    def _lost(self):
        """Whether the other side has closed the kept connection."""
        readable, _, _ = select.select([self._connection.sock], [], [], 0)
        return bool(readable)

    def _close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def ask(self, address, port, path, now):
        """One look. What it finds is in the fields."""
        self.seen = now
        if address != self.address:
            if self._connection is not None:
                self._fall(now)
            self._close()
            self.address = address
        if self._connection is not None and self._lost():
            self._fall(now)
            self._close()
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(address, port, timeout=PATIENCE)
            self._connection.request("GET", path, headers={"X-Forwarded-Proto": "https"})
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            # It was healthy and nothing listens any more: its process has ended.
            if self.healthy:
                self._fall(now)
            self._close()
            self.healthy, self.reason = False, f"does not answer: {str(error) or type(error).__name__}"
            return
        if answer.will_close:
            self._close()
        self.release = answer.headers.get("X-Release") or self.release
        self.healthy = 200 <= answer.status < 300
        self.reason = None if self.healthy else f"answers {answer.status}"
        if self.healthy:
            self._fallen = False

    def missing(self, now):
        """Its name is gone: it was replaced, or it is between two starts."""
        if self.healthy:
            self._fall(now)
        self._close()
        self.healthy, self.reason, self.address = False, "does not run", None


class Replicas:
    """All containers that answer to the application's name."""

    def __init__(self, given, falls):
        self._given = given
        self.known = {name: Replica(name, times) for name, times in falls.items()}
        self._pool = ThreadPoolExecutor(max_workers=min(8, given["count"] * 2), thread_name_prefix="replica")

    def look(self):
        now = time.time()
        port, path = self._given["port"], self._given["health"]
        found = {container_name(address): address for address in addresses(self._given["appHost"])}
        for name in found:
            self.known.setdefault(name, Replica(name))
        list(self._pool.map(lambda name: self.known[name].ask(found[name], port, path, now), found))
        for name, replica in list(self.known.items()):
            if name not in found:
                replica.missing(now)
                if now - replica.seen > FORGET:
                    del self.known[name]

    def falls(self):
        """What has to survive a restart of the watcher."""
        return {name: one.falls for name, one in self.known.items() if one.falls}

    @property
    def healthy(self):
        return [one for one in self.known.values() if one.healthy]
