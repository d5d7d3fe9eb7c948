"""Checks the parts of images/watcher that decide by themselves; run inside its image."""

import json
import pathlib
import tempfile
import time
import types
import unittest

from berth_watch import alerts, channels, clock, host, rules, settings

NOW = time.time()
HOUR = 3600

SHAPE = {
    "project": "shop",
    "stack": "prod",
    "replicas": {"appHost": "app", "port": 8000, "health": "/", "count": 2, "grace": 60},
    "worker": {"workerHost": "worker"},
    "database": {"databaseHost": "postgres", "name": "app", "pool": 10},
    "cache": {"cacheHost": "redis", "port": 6379},
    "edge": {"edgeHost": "nginx", "port": 8443, "name": "example.org", "tls": True, "proxyProtocol": False},
    "backups": True,
    "webhook": True,
    "mail": None,
    "heartbeat": True,
    "heartbeatInterval": 300,
    "repeat": 4 * HOUR,
}


def shape(**changed):
    return settings.Settings(**{**SHAPE, **changed})


def replica(name, healthy=True, falls=(), reason=None):
    return types.SimpleNamespace(name=name, healthy=healthy, falls=list(falls), reason=reason, release="r1")


def seen(**changed):
    """A stack that is well."""
    both = {name: replica(name) for name in ("app-1", "app-2")}
    well = {
        "replicas": types.SimpleNamespace(known=both, healthy=list(both.values())),
        "worker": True,
        "database": types.SimpleNamespace(error=None, connections=5, most=97, clients=[], queues=[], busy=dict),
        "cache": None,
        "edge": types.SimpleNamespace(error=None, certificate={"from": NOW - 10 * 86400, "to": NOW + 80 * 86400}),
        "backups": types.SimpleNamespace(
            report={"problems": [], "archiveStopped": None, "archiveError": None, "lagSeconds": 3.0}, age=5
        ),
        "disk": types.SimpleNamespace(size=100 << 30, free=50 << 30, full_in=lambda: None),
        "memory": types.SimpleNamespace(kills=[]),
        "clock": types.SimpleNamespace(ahead=0.0, host="hooks.example.org"),
        "told": {},
        "named": lambda address: f"container {address}",
    }
    return types.SimpleNamespace(**{**well, **changed})


class Rules(unittest.TestCase):
    def broken(self, stack, given=None):
        """Names of the rules that hold."""
        given = given or shape()
        return [rule.name for rule in rules.of(given) if rule.check(stack, given)]

    def only(self, name, stack, words):
        given = shape()
        self.assertEqual(self.broken(stack), [name])
        [found] = [rule.check(stack, given) for rule in rules.of(given) if rule.name == name]
        self.assertRegex("; ".join(found), words)

    def test_a_stack_that_is_well_breaks_none(self):
        self.assertEqual(self.broken(seen()), [])

    def test_a_part_that_is_not_deployed_has_no_rule(self):
        small = shape(worker=None, cache=None, edge=None, backups=False, webhook=False, heartbeat=False)
        names = [rule.name for rule in rules.of(small, memory_readable=False)]
        gone = "worker-down cache-down edge-down certificate-late release-given-back archive-lag backup-unproven "
        self.assertFalse(set(names) & set((gone + "clock-off memory-kills").split()))
        plain = shape(edge={**SHAPE["edge"], "tls": False})
        self.assertNotIn("certificate-late", [rule.name for rule in rules.of(plain)])

    def test_replicas(self):
        down = replica("app-2", healthy=False, reason="does not run")
        both = {"app-1": replica("app-1"), "app-2": down}
        stack = seen(replicas=types.SimpleNamespace(known=both, healthy=[both["app-1"]]))
        self.only("replica-down", stack, "1 of 2 replicas answer; app-2 does not run")

    def test_a_new_release_beside_the_old_one_is_no_fault(self):
        four = {f"app-{n}": replica(f"app-{n}", falls=[NOW - 5]) for n in range(4)}
        stack = seen(replicas=types.SimpleNamespace(known=four, healthy=list(four.values())[:2]))
        self.assertEqual(self.broken(stack), [])

    def test_a_crash_loop_is_three_ends_within_ten_minutes(self):
        def fallen(*ages):
            loop = {"app-1": replica("app-1", falls=[NOW - age for age in ages]), "app-2": replica("app-2")}
            return seen(replicas=types.SimpleNamespace(known=loop, healthy=list(loop.values())))

        self.only("crash-loop", fallen(400, 200, 5), r"app-1 \(release r1\) ended 3 times within 10 min")
        self.assertEqual(self.broken(fallen(700, 200, 5)), [])

    def test_the_database(self):
        def database(**changed):
            return seen(database=types.SimpleNamespace(**{**vars(seen().database), **changed}))

        self.only("database-down", database(error="no route"), "Postgres: no route")
        used_up = database(busy=lambda: {"10.0.0.4": 10, "10.0.0.5": 9})
        self.only("connections-used-up", used_up, "^container 10.0.0.4 has 10 of its 10 connections at work")
        self.only("connections-used-up", database(connections=96), "96 of Postgres' 97 connections are open")
        waits = ("10.0.0.4", "app_rows_a", 71, "active", 75.0, "Lock: relation")
        self.only("slow-statement", database(clients=[waits]), "runs for 75 s, waiting for Lock: relation")
        idle = ("10.0.0.4", "app_rows_a", 71, "idle in transaction", 700.0, "")
        self.only("slow-statement", database(clients=[idle]), "is open for 12 min and does nothing")
        short = [("10.0.0.4", "app_rows_a", 71, "active", 5.0, ""), ("", "app_rows_a", 72, "idle", 9999.0, "")]
        self.assertEqual(self.broken(database(clients=short)), [])

    def test_queues(self):
        def queues(*rows):
            return seen(database=types.SimpleNamespace(**{**vars(seen().database), "queues": list(rows)}))

        self.only("queue-stuck", queues(("mail", 12, 1300.0, False)), "12 jobs of mail wait, the oldest for 22 min")
        self.only("dead-letters", queues(("mail.dead", 2, 5.0, True)), "2 jobs of mail.dead have failed for good")
        self.assertEqual(self.broken(queues(("mail", 500, 30.0, False))), [])

    def test_certificates(self):
        def left(days, life):
            dates = {"from": NOW - (life - days) * 86400, "to": NOW + days * 86400}
            return seen(edge=types.SimpleNamespace(error=None, certificate=dates))

        self.only("certificate-late", left(10, 90), "the certificate of example.org ends in 10 d and is not renewed")
        self.only("certificate-late", left(-3, 90), "has expired 3 d ago")
        self.only("certificate-late", left(1, 6), "ends in 24 h")
        for days, life in ((25, 90), (2, 6), (20, 5475)):
            self.assertEqual(self.broken(left(days, life)), [], (days, life))

    def test_backups(self):
        def report(age=5, **changed):
            found = {**seen().backups.report, **changed}
            return seen(backups=types.SimpleNamespace(report=found, age=age))

        unproved = report(problems=["volume: the newest proof is 9.0 days old; maxProofAge is 8"])
        self.only("backup-unproven", unproved, "9.0 days old")
        self.only("backup-unproven", report(age=1500), "have not reported for 25 min")
        lag = report(problems=["the last 400 s could not be restored; 60 s is the limit"], lagSeconds=400.0)
        self.only("archive-lag", lag, "the last 7 min of work would be lost")
        stopped = report(problems=["archiving is stopped: 5 GiB wait"], archiveStopped="5 GiB wait")
        self.only("archive-lag", stopped, "archiving is stopped: 5 GiB wait")

    def test_the_host(self):
        def disk(free, ends):
            return seen(disk=types.SimpleNamespace(size=100 << 30, free=free << 30, full_in=lambda: ends))

        self.only("disk-full", disk(4, None), "4.0 GiB of 100.0 GiB are left")
        self.only("disk-full", disk(30, 7 * HOUR), "at today's pace it is full in 7 h")
        self.assertEqual(self.broken(disk(30, 40 * HOUR)), [])
        self.only("memory-kills", seen(memory=types.SimpleNamespace(kills=[(NOW - 60, 2)])), "killed 2 processes")
        self.assertEqual(self.broken(seen(memory=types.SimpleNamespace(kills=[(NOW - 4000, 2)]))), [])
        for ahead, word in ((40, "ahead of"), (-40, "behind")):
            off = seen(clock=types.SimpleNamespace(ahead=ahead, host="hooks.example.org"))
            self.only("clock-off", off, f"40 s {word} that of hooks.example.org")

    def test_others(self):
        self.only("worker-down", seen(worker=False), "no worker runs")
        self.only("cache-down", seen(cache="redis:6379 does not answer"), "Redis: redis:6379")
        edge = types.SimpleNamespace(error="refused", certificate=None)
        self.only("edge-down", seen(edge=edge), "the proxy does not answer: refused")
        given_back = {"event": "given-back", "text": "release r2 turned unhealthy"}
        self.only("release-given-back", seen(told=given_back), "release r2 turned unhealthy")
        self.assertEqual(self.broken(seen(told={"event": "released"})), [])


class Disk(unittest.TestCase):
    def falling(self, hourly, minutes=180, step_at=None, step=0):
        """Samples of a disk with 100 GB free at the end, the newest now."""
        ages = range(minutes, -1, -5)
        free = lambda age: 100e9 + hourly * age / 60 + (step if step_at is not None and age > step_at else 0)  # noqa: E731
        return [(NOW - age * 60, free(age)) for age in ages]

    def test_a_steady_fall_is_foretold(self):
        self.assertAlmostEqual(host.full_in(self.falling(10e9), NOW) / HOUR, 10, delta=0.1)

    def test_one_large_file_is_no_trend(self):
        self.assertIsNone(host.full_in(self.falling(0, step_at=90, step=60e9), NOW))

    def test_too_little_is_known_at_first_and_growth_has_no_end(self):
        self.assertIsNone(host.full_in(self.falling(10e9, minutes=20), NOW))
        self.assertIsNone(host.full_in(self.falling(-10e9), NOW))
        self.assertIsNone(host.full_in([], NOW))


class Kills(unittest.TestCase):
    def test_counts_from_the_last_look_on_and_over_a_restart(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "vmstat"
            path.write_text("pgfault 7\noom_kill 3\n")
            first = host.MemoryKills({}, path)
            first.look()
            self.assertEqual(first.kills, [], "the kernel's own past is nobody's news")
            path.write_text("pgfault 9\noom_kill 5\n")
            again = host.MemoryKills(json.loads(json.dumps(first.kept())), path)
            again.look()
            self.assertEqual([count for _, count in again.kills], [2])
            path.write_text("oom_kill 0\n")
            again.look()
            path.unlink()
            again.look()
            self.assertEqual(len(again.kills), 1)
            self.assertFalse(again.readable)


class Clock(unittest.TestCase):
    def test_what_a_date_without_parts_of_a_second_says(self):
        date = {"Date": "Sat, 28 Nov 2026 12:00:00 GMT"}
        at = 1795867200.0
        for begun, ended, expected in (
            (at, at + 0.5, 0),
            (at + 0.9, at + 4, 0),
            (at - 3, at + 0.1, 0),
            (at + 31, at + 31, 30),
            (at - 30, at - 29, -29),
        ):
            self.assertAlmostEqual(clock.apart(date, begun, ended), expected, msg=str((begun - at, ended - at)))
        self.assertIsNone(clock.apart({}, at, at))
        self.assertIsNone(clock.apart({"Date": "soon"}, at, at))


class Alerts(unittest.TestCase):
    RULE = rules.Rule("late", "critical", 60, None)

    def setUp(self):
        self.alerts = self.made({})

    def made(self, kept, rule_set=None, **changed):
        return alerts.Alerts([self.RULE] if rule_set is None else rule_set, shape(**changed), kept)

    def restart(self):
        self.alerts = self.made(json.loads(json.dumps(self.alerts.kept())))

    def told(self, now):
        """What the webhook is told by now; it takes everything."""
        found = self.alerts.due("webhook", now)
        for name, _ in found:
            self.alerts.taken("webhook", name, "200", now)
        return [(message["status"], message["summary"]) for _, message in found]

    def run_through(self, *steps):
        """(second, what the rule finds) each; returns (second, status) of every message."""
        messages = []
        for second, found in steps:
            self.alerts.take("late", found, NOW + second)
            messages += [(second, status) for status, _ in self.told(NOW + second)]
        return messages

    def test_one_message_after_its_grace_and_one_at_the_end(self):
        steps = [(0, []), (5, ["a"]), (40, ["a"]), (66, ["b"]), (90, ["b"]), (100, []), (170, [])]
        self.assertEqual(self.run_through(*steps), [(66, "firing"), (170, "resolved")])

    def test_what_is_over_within_its_grace_is_never_told(self):
        self.assertEqual(self.run_through((0, ["a"]), (30, []), (50, ["a"]), (100, ["a"]), (105, [])), [])

    def test_what_flaps_is_told_once(self):
        steps = [(0, ["a"]), (60, ["a"]), (70, []), (80, ["a"]), (100, []), (150, ["a"]), (160, []), (221, [])]
        self.assertEqual(self.run_through(*steps), [(60, "firing"), (221, "resolved")])

    def test_it_is_told_again_while_it_lasts(self):
        lasting = [(second, ["a"]) for second in range(0, 9 * HOUR, 600)]
        self.assertEqual([second for second, _ in self.run_through(*lasting)], [600, 600 + 4 * HOUR, 600 + 8 * HOUR])

    def test_a_restart_neither_forgets_nor_repeats(self):
        self.assertEqual(self.run_through((0, ["a"]), (60, ["a"])), [(60, "firing")])
        self.restart()
        self.assertEqual(self.run_through((65, None), (70, ["a"]), (80, [])), [])
        self.restart()
        self.assertEqual(self.run_through((85, []), (141, [])), [(141, "resolved")])

    def test_a_part_that_goes_while_its_rule_fires_is_told_of(self):
        self.run_through((0, ["a"]), (60, ["a"]))
        self.alerts = self.made(self.alerts.kept(), rule_set=[])
        self.assertEqual([status for status, _ in self.told(NOW + 70)], ["resolved"])

    def test_not_to_know_neither_fires_nor_ends(self):
        self.assertEqual(self.run_through((0, None), (100, None), (200, ["a"]), (260, ["a"]), (300, None), (900, None)), [(260, "firing")])
        self.assertEqual(self.alerts.alerts["late"].state, "firing")

    def test_a_refused_message_is_tried_again_later_and_longer(self):
        self.alerts.take("late", ["a"], NOW)
        self.alerts.take("late", ["a"], NOW + 60)
        tries = []
        for second in range(60, 400):
            for name, _ in self.alerts.due("webhook", NOW + second):
                tries.append(second - 60)
                self.alerts.refused("webhook", name, "503", NOW + second)
        self.assertEqual(tries, [0, 30, 90, 210])
        self.restart()
        self.assertEqual(self.told(NOW + 1000), [("firing", "a")])

    def test_a_beginning_that_nobody_was_told_of_needs_no_end(self):
        self.alerts.take("late", ["a"], NOW)
        self.alerts.take("late", ["a"], NOW + 60)
        self.alerts.refused("webhook", "late", "503", NOW + 60)
        self.alerts.take("late", [], NOW + 70)
        self.alerts.take("late", [], NOW + 140)
        self.assertEqual(self.told(NOW + 5000), [])
        self.assertEqual(self.alerts.alerts["late"].state, "ok")


class Words(unittest.TestCase):
    def test_the_headline_names_stack_rule_and_what_holds(self):
        message = {"project": "shop", "stack": "prod", "status": "firing", "alert": "late", "summary": "too late"}
        self.assertEqual(channels.headline(message), "[shop/prod] FIRING: late: too late")

    def test_durations_and_sizes(self):
        self.assertEqual([rules.span(one) for one in (5, 119, 120, 7200, 200000)], ["5 s", "119 s", "2 min", "2 h", "2 d"])
        self.assertEqual([rules.size(one) for one in (5 << 20, 3 << 30)], ["5 MiB", "3.0 GiB"])


unittest.main()
