"""alerts.py: turns what rules find into messages: each once, again while it lasts, and once when it is over."""

from dataclasses import dataclass

# Seconds until a message that was not taken is sent again; doubled after each try, up to the longest.
FIRST_RETRY, LONGEST_RETRY = 30, 900


@dataclass
class Alert:
    """The state of one rule. Times are seconds of the epoch; None if it is not so."""

    # ok, pending (it holds, and its grace is not over), firing; unknown if it cannot be told.
    state: str = "unknown"
    since: float | None = None
    details: tuple = ()
    # When it began, while it is firing.
    fired: float | None = None
    # When it was last found to be well, while it is firing still.
    well_since: float | None = None
    sent: float | None = None


def _alert(kept):
    return Alert(**{**kept, "details": tuple(kept["details"])})


class Alerts:
    """Every rule's state, and the messages that wait for a receiver."""

    def __init__(self, rules, given, kept):
        self._given = given
        self.rules = {rule.name: rule for rule in rules}
        known = kept.get("alerts", {})
        self.alerts = {name: _alert(known[name]) if name in known else Alert() for name in self.rules}
        # Channel → rule → the message that it has not taken yet, its tries, when the next one is, and whether the
        # receiver has not been told of the alert at all.
        self.waiting = kept.get("waiting", {})
        # Channel → when and what it answered last.
        self.answers = kept.get("answers", {})
        # What fired when its rule went: its part is not deployed any more.
        for name, one in known.items():
            if name not in self.rules and one["state"] == "firing":
                self._gone(name, _alert(one))

    def kept(self):
        return {
            "alerts": {name: vars(alert) for name, alert in self.alerts.items()},
            "waiting": self.waiting,
            "answers": self.answers,
        }

    def _gone(self, name, alert):
        self._queue(name, "warning", "resolved", alert, ("the part is not deployed any more",))

    def take(self, name, found, now):
        """Takes what a rule has found: a list of sentences, or None."""
        alert, rule = self.alerts[name], self.rules[name]
        grace = rule.grace * self._given.pace
        if found is None:
            # What fires goes on: not to know is no reason to call it over.
            if alert.state != "firing":
                self.alerts[name] = Alert(since=alert.since if alert.state == "unknown" else now)
            return
        if found:
            alert.details = tuple(found)
            alert.well_since = None
            if alert.state in ("ok", "unknown"):
                alert.state, alert.since = "pending", now
            if alert.state == "pending" and now - alert.since >= grace:
                alert.state, alert.fired = "firing", now
                self._say(name, "firing", alert, now)
            elif alert.state == "firing" and now - (alert.sent or 0) >= self._given.repeat * self._given.pace:
                self._say(name, "firing", alert, now)
            return
        if alert.state == "firing":
            alert.well_since = alert.well_since or now
            # A minute of peace at most: what flaps is told once.
            if now - alert.well_since < min(grace, 60 * self._given.pace):
                return
            self._say(name, "resolved", alert, now)
        if alert.state != "ok":
            self.alerts[name] = Alert(state="ok", since=now, details=())

    def _say(self, name, status, alert, now):
        alert.sent = now
        self._queue(name, self.rules[name].severity, status, alert, alert.details)

    def _queue(self, name, severity, status, alert, details):
        message = {
            "status": status,
            "alert": name,
            "severity": severity,
            "summary": details[0] if status == "firing" or not alert.details else alert.details[0],
            "details": list(details[1:]) if status == "firing" else [],
            "since": alert.since,
        }
        for channel in self._channels():
            waiting = self.waiting.setdefault(channel, {})
            before = waiting.get(name)
            untold = before["untold"] if before else alert.fired == alert.sent
            # A beginning that nobody was told of needs no end.
            if status == "resolved" and before and untold:
                del waiting[name]
                continue
            waiting[name] = {"message": message, "tries": 0, "at": 0, "untold": status == "firing" and untold}

    def _channels(self):
        return [*(["webhook"] if self._given.webhook else []), *(["mail"] if self._given.mail else [])]

    def due(self, channel, now):
        """Messages of a channel whose time has come."""
        return [(name, one["message"]) for name, one in self.waiting.get(channel, {}).items() if one["at"] <= now]

    def taken(self, channel, name, answer, now):
        self.waiting[channel].pop(name, None)
        self.answers[channel] = {"at": now, "ok": True, "answer": answer}

    def refused(self, channel, name, answer, now):
        one = self.waiting[channel][name]
        one["tries"] += 1
        one["at"] = now + min(LONGEST_RETRY, FIRST_RETRY * 2 ** (one["tries"] - 1)) * self._given.pace
        self.answers[channel] = {"at": now, "ok": False, "answer": answer}
