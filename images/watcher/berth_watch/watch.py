"""watch.py: looks at the stack in turns, and tells. One thread: the dead man's switch is as alive as the looks are."""

import time
from types import SimpleNamespace

from . import channels, clock, database, edge, files, handed, host, replicas, rules, settings
from .alerts import Alerts

STATE = settings.STATE / "state.json"
NOW = settings.RUN / "now.json"

# Seconds from one look to the next.
PACES = {"replicas": 5, "services": 15, "database": 15, "host": 30, "edge": 30, "handed": 15, "clock": 900}
# Seconds after which the trend of the disk is kept, if nothing else is.
KEEP_EVERY = 1800


class Watch:
    """The program of the container."""

    def __init__(self, given):
        self.given = given
        kept = files.read_json(STATE, {})
        self.replicas = replicas.Replicas(given.replicas, kept.get("falls", {}))
        self.database = database.Database(given.database)
        self.edge = given.edge and edge.Edge(given.edge)
        self.disk = host.Disk(settings.STATE, kept.get("disk", []), given.pace)
        self.memory = host.MemoryKills(kept.get("memory", {}))
        self.backups = handed.Backups()
        self.worker = True
        self.cache = None
        self.told = {}
        address = next((settings.secret(one) for one in ("heartbeat", "webhook") if getattr(given, one)), None)
        self.clock = address and clock.Clock(address)
        self.alerts = Alerts(rules.of(given, self.memory.readable), given, kept)
        self.channels = channels.of(given)
        self.heartbeat = SimpleNamespace(next=0.0, answer=kept.get("heartbeat"))
        self._due = {}
        self._kept = None
        self._kept_at = time.time()

    def named(self, address):
        """The container at an address, for people."""
        return replicas.container_name(address) if address else "the server's own socket"

    def _services(self):
        if self.given.worker is not None:
            self.worker = bool(replicas.addresses(self.given.worker["workerHost"]))
        if self.given.cache is not None:
            self.cache = edge.reach(self.given.cache["cacheHost"], self.given.cache["port"])

    def _host(self):
        self.disk.look()
        self.memory.look()

    def _handed(self):
        self.backups.look()
        self.told = handed.told()

    def _looks(self):
        return {
            "replicas": self.replicas.look,
            "services": self._services,
            "database": self.database.look,
            "host": self._host,
            "handed": self._handed,
            **({"edge": self.edge.look} if self.edge else {}),
            **({"clock": self.clock.look} if self.clock else {}),
        }

    def once(self):
        """What is due now. Returns seconds until something is again."""
        for name, look in self._looks().items():
            if time.monotonic() >= self._due.get(name, 0):
                look()
                self._due[name] = time.monotonic() + PACES[name] * self.given.pace
        now = time.time()
        for name, rule in self.alerts.rules.items():
            before = self.alerts.alerts[name].state
            self.alerts.take(name, rule.check(self, self.given), now)
            after = self.alerts.alerts[name]
            if after.state != before and "firing" in (after.state, before):
                files.say("warn" if after.state == "firing" else "info", name, state=after.state, details=after.details)
        self._deliver()
        self._beat()
        self._keep()
        return max(0.05, min(self._due.values()) - time.monotonic())

    def _deliver(self):
        for channel in self.channels:
            for name, message in self.alerts.due(channel.name, time.time()):
                try:
                    answer = channel.send(complete(self.given, message))
                    self.alerts.taken(channel.name, name, answer, time.time())
                except channels.Undelivered as error:
                    files.say("error", f"{channel.name} did not take {name}: {error}")
                    self.alerts.refused(channel.name, name, str(error), time.time())
                    # The next one would wait as long.
                    break

    def _beat(self):
        if not self.given.heartbeat or time.monotonic() < self.heartbeat.next:
            return
        self.heartbeat.next = time.monotonic() + self.given.heartbeatInterval * self.given.pace
        try:
            self.heartbeat.answer = {"at": time.time(), "ok": True, "answer": channels.Heartbeat().send()}
        except channels.Undelivered as error:
            files.say("error", f"the dead man's switch was not reached: {error}")
            self.heartbeat.answer = {"at": time.time(), "ok": False, "answer": str(error)}

    def report(self):
        """Everything, as `berth alerts --json` prints it."""
        return {
            "at": time.time(),
            "rules": [
                {"name": name, "severity": rule.severity, **vars(self.alerts.alerts[name])}
                for name, rule in self.alerts.rules.items()
            ],
            "channels": {one.name: self.alerts.answers.get(one.name) for one in self.channels},
            "waiting": sum(len(one) for one in self.alerts.waiting.values()),
            "heartbeat": self.heartbeat.answer if self.given.heartbeat else None,
            "heartbeatInterval": self.given.heartbeatInterval if self.given.heartbeat else None,
            "disk": {"free": self.disk.free, "size": self.disk.size, "fullIn": self.disk.full_in()},
        }

    def _keep(self):
        files.write_json(NOW, self.report(), durable=False)
        lasting = {name: {**vars(one), "details": []} for name, one in self.alerts.alerts.items()}
        seen = {"falls": self.replicas.falls(), "memory": self.memory.kept()}
        changed = repr([lasting, self.alerts.waiting, self.alerts.answers, seen])
        if changed == self._kept and time.time() - self._kept_at < KEEP_EVERY:
            return
        whole = {**self.alerts.kept(), **seen, "disk": self.disk.samples, "heartbeat": self.heartbeat.answer}
        try:
            files.write_json(STATE, whole)
        except OSError as error:
            files.say("error", f"the watcher's volume cannot be written: {error}")
            return
        self._kept, self._kept_at = changed, time.time()


def moment(seconds):
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def complete(given, message):
    """A message with whose it is, and what to do."""
    runbook = f"docs/runbooks/{message['alert']}.md; npx berth alerts --stack {given.stack}"
    whose = {"project": given.project, "stack": given.stack}
    return {**whose, **message, "since": moment(message["since"]), "runbook": runbook}


def test(given):
    """Sends a test through every channel. Returns what each answered."""
    now = {"status": "test", "alert": "test", "severity": "warning", "summary": "alerts reach you", "details": []}
    answers = []
    senders = [*channels.of(given), *([channels.Heartbeat()] if given.heartbeat else [])]
    for channel in senders:
        try:
            answer = channel.send({**complete(given, {**now, "since": time.time()}), "runbook": "nothing"})
            answers.append({"channel": channel.name, "ok": True, "answer": answer})
        except channels.Undelivered as error:
            answers.append({"channel": channel.name, "ok": False, "answer": str(error)})
    return answers
