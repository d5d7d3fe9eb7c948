"""Checks the parts of images/backup that decide by themselves; run inside its image."""

import errno
import json
import os
import pathlib
import tempfile
import threading
import time
import types
import unittest
import unittest.mock

os.environ.setdefault("SECRETS", "/nonexistent")
os.environ.setdefault("BACKUP_SETTINGS", '{"stack": "prod"}')

from berth_backup import advice, archive, lineage, notes, parts, pgbackrest, processes, report  # noqa: E402
from berth_backup import retention, schedule, scratch_server, wal, worker  # noqa: E402

DAY = 86_400
NOW = 1_800_000_000


def backup(kind, stop, start="000000010000000000000002", end=None):
    return {
        "type": kind,
        "label": f"{kind}-{stop}",
        "timestamp": {"stop": stop},
        "archive": {"start": start, "stop": end or start},
    }


class Wal(unittest.TestCase):
    def test_positions_and_segments(self):
        self.assertEqual(wal.lsn("0/3000028"), 0x3000028)
        self.assertEqual(wal.lsn("2/10"), (2 << 32) + 0x10)
        self.assertEqual(wal.segment_end("000000010000000000000003"), 0x4000000)
        for name in ("0000000100000000000000FF", "0000000100000001000000A0"):
            self.assertEqual(wal.segment_name(1, wal.segment_number(name)), name)
        self.assertEqual(wal.segment_number("000000010000000100000000"), 256)


class Retention(unittest.TestCase):
    def kept(self, ages, days, least, abandoned=()):
        fulls = [backup("full", NOW - age * DAY) for age in ages]
        leading = [one for one, age in zip(fulls, ages, strict=True) if age not in abandoned]
        return retention.fulls_to_keep(fulls, leading, days, least, NOW)

    def test_the_full_from_before_the_oldest_day_stays(self):
        self.assertEqual(self.kept([1, 8, 15, 22], 14, 1), 3)
        self.assertEqual(self.kept([1, 8], 14, 1), 2)

    def test_so_many_stay_however_old(self):
        self.assertEqual(self.kept([30, 60, 90], 14, 2), 2)
        self.assertEqual(self.kept([], 14, 2), 2)

    def test_backups_of_an_abandoned_restore_push_none_out(self):
        self.assertEqual(self.kept([1, 2, 3], 0, 2, abandoned=[2]), 3)
        self.assertEqual(self.kept([1, 2], 0, 2, abandoned=[2]), 2)
        self.assertEqual(self.kept([1, 15, 16], 14, 1, abandoned=[15]), 3)

    def test_holes_are_found_behind_the_oldest_backup(self):
        names = [wal.segment_name(1, number) for number in (1, 2, 3, 5, 6)]
        segments = {name: NOW + index for index, name in enumerate(names)}
        self.assertEqual(
            retention.gaps([backup("full", NOW)], segments), [{"from": NOW + 2, "to": NOW + 3, "segments": 1}]
        )
        later = backup("full", NOW, wal.segment_name(1, 5))
        self.assertEqual(retention.gaps([later], segments), [])
        self.assertEqual(retention.gaps([], segments), [])

    def test_the_log_of_a_new_timeline_is_no_hole(self):
        names = [wal.segment_name(1, 2), wal.segment_name(1, 3), wal.segment_name(2, 3), wal.segment_name(2, 4)]
        self.assertEqual(retention.gaps([backup("full", NOW)], dict.fromkeys(names, NOW)), [])


class Lineage(unittest.TestCase):
    ran = [
        {"system": "7", "timeline": "00000001", "since": NOW},
        {"system": "7", "timeline": "00000002", "since": NOW + 100},
        {"system": "7", "timeline": "00000001", "since": NOW + 200},
        {"system": "8", "timeline": "00000005", "since": NOW + 300},
    ]

    def test_a_moment_is_of_the_timeline_that_ran_then(self):
        for at, timeline in ((-9, "1"), (50, "1"), (150, "2"), (250, "1"), (350, "1")):
            self.assertEqual(lineage.running_at(self.ran, "7", NOW + at), f"0000000{timeline}")
        self.assertIsNone(lineage.running_at(self.ran, "of another host", NOW))

    def test_only_backups_from_before_the_parting_lead_to_a_timeline(self):
        history = "1\t0/5000000\tno recovery target specified\n\n2\t0/9000000\tbefore 2026-11-27\n"
        self.assertEqual(lineage.parents(history), {"00000001": 0x5000000, "00000002": 0x9000000})


class Rows(unittest.TestCase):
    def test_an_empty_value_is_a_row_as_well(self):
        ended = types.SimpleNamespace(returncode=0, stdout="\na,b\n", stderr="")
        with unittest.mock.patch("subprocess.run", return_value=ended):
            self.assertEqual(scratch_server.Server("/socket").rows("select ''"), [[""], ["a", "b"]])


class Advice(unittest.TestCase):
    info = "unable to load info file '/r/backup.info' or '/r/backup.info.copy':"

    def test_a_wrong_key_is_named_whatever_its_bytes_look_like(self):
        for rest in (
            "CryptoError: unable to flush\n  HINT: is or was the repo encrypted?",
            "FormatError: key/value found outside of section at line 1: \x1a\x7f\x02\ufffd",
        ):
            said = f"P00  ERROR: [095]: {self.info}\n      {rest}\n"
            self.assertRegex(pgbackrest.reason(said), r"^backupKey is not .* --stack prod.*: unable to load info file")
            status = {"code": 99, "message": f"[FormatError] {self.info}\n{rest}"}
            raw = json.dumps([{"repo": [{"status": status}]}]).replace("\\u001a", "\x1a").replace("\\u007f", "\x7f")
            with (
                unittest.mock.patch("berth_backup.processes.run", return_value=(0, raw)),
                self.assertRaisesRegex(pgbackrest.Failure, r"^backupKey is not [^\n]*$"),
            ):
                pgbackrest.info(types.SimpleNamespace(number=1))

    def test_a_repository_that_trickles_is_given_up_with_the_place_to_look_at(self):
        with (
            unittest.mock.patch.object(pgbackrest, "LONGEST_LOOK", 0.3),
            unittest.mock.patch.object(pgbackrest, "command", lambda *_: ["sleep", "60"]),
            self.assertRaisesRegex(pgbackrest.Failure, "did not answer within .* the service of backupS3Endpoint"),
        ):
            pgbackrest.info(types.SimpleNamespace(number=1, kind="s3"))

    def test_words_without_a_sign_stay_as_they_are(self):
        missing = f"{self.info}\nFileMissingError: unable to open missing file"
        self.assertEqual(advice.advised("words", missing), "words")


class Schedule(unittest.TestCase):
    expressions = {"full": "30 2 * * 0", "diff": "30 2 * * *", "incr": "", "proof": "0 4 * * *"}

    def test_nothing_that_was_planned_is_missed_by_a_restart(self):
        planned = schedule.plan(self.expressions, {}, NOW)
        self.assertNotIn("incr", planned)
        self.assertEqual(schedule.plan(self.expressions, planned, NOW + 3 * DAY), planned)
        self.assertEqual(schedule.due(planned, NOW + 7 * DAY), ["full", "proof"])

    def test_a_full_backup_stands_for_the_others(self):
        planned = schedule.plan(self.expressions, {}, NOW)
        later = NOW + 7 * DAY
        after = schedule.after_run(self.expressions, planned, "full", later)
        self.assertEqual(schedule.due(after, later), ["proof"])

    def test_a_clock_that_was_wrong_does_not_put_a_retry_off(self):
        self.assertFalse(worker.may_try({"retryAt": NOW + 60}.get, NOW))
        self.assertTrue(worker.may_try({"retryAt": NOW - 60}.get, NOW))
        self.assertTrue(worker.may_try({"retryAt": NOW + 3650 * DAY}.get, NOW))
        self.assertTrue(worker.may_try({}.get, NOW))

    def test_a_clock_that_was_wrong_does_not_put_backups_off(self):
        future = schedule.plan(self.expressions, {}, NOW + 3650 * DAY)
        self.assertLess(schedule.plan(self.expressions, future, NOW)["diff"], NOW + DAY + 1)


class Looks(unittest.TestCase):
    def setUp(self):
        self.answered = threading.Event()

        def existing(repository):
            if repository.kind != "volume":
                self.answered.wait()
            return []

        for name, value in (("report.PATIENCE", 0.2), ("backups.existing", existing)):
            patch = unittest.mock.patch(f"berth_backup.{name}", value)
            patch.start()
            self.addCleanup(patch.stop)
        self.addCleanup(self.answered.set)

    def test_repositories_that_do_not_answer_hold_up_nobody_and_are_asked_once(self):
        asked = [types.SimpleNamespace(kind=kind) for kind in ("s3", "sftp", "volume")]
        for _ in range(2):
            errors = [found["error"] for found in report.look_at(asked)]
            self.assertRegex(errors[0], r"has not answered for \d+ s")
            self.assertRegex(errors[1], r"has not answered for \d+ s")
            self.assertIsNone(errors[2])
            self.assertEqual(sum(one.name.startswith("look at s") for one in threading.enumerate()), 2)


class Parts(unittest.TestCase):
    def test_a_fault_ends_a_round_and_is_said_until_one_goes_well(self):
        faults = [OSError(errno.ENOSPC, "No space left on device", "/volume/x"), ValueError("odd"), None]
        stopping, seen = threading.Event(), []

        class Broken(parts.Part):
            def once(self):
                seen.append(self.fault)
                if len(seen) > len(faults):
                    stopping.set()
                elif faults[len(seen) - 1]:
                    raise faults[len(seen) - 1]

        Broken("the archiver", stopping, 0).run()
        self.assertEqual(
            seen, [None, "/volume/x: No space left on device; free some room there", "ValueError: odd", None]
        )

    def test_a_record_that_finds_no_room_is_known_all_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            with unittest.mock.patch("berth_backup.settings.STATE", pathlib.Path(folder)):
                records = notes.Records("proofs")
            with unittest.mock.patch("berth_backup.notes.write", side_effect=OSError("full")):
                records.add({"startedAt": NOW, "ok": False})
            self.assertEqual(records.newest_first(), [{"startedAt": NOW, "ok": False}])
            records.add({"startedAt": NOW + 1, "ok": True})
            self.assertEqual([one["ok"] for one in records.newest_first()], [True])


class Limits(unittest.TestCase):
    def test_nobody_waits_for_an_archive_that_has_not_worked_for_a_while(self):
        archiver = archive.Archiver(None, {"archiveError": "away"}, None, threading.Event())
        archiver._failing_since = time.monotonic() - 31
        with self.assertRaisesRegex(notes.Failure, "not archived: away"):
            archiver.wait_for(5, 600, failing=30)
        archiver.archived = 5
        archiver.wait_for(5, 600, failing=30)

    def test_a_program_that_is_not_done_in_time_is_ended(self):
        with self.assertRaisesRegex(notes.Failure, "sh was not done after 0.2 s: trying"):
            processes.run(["sh", "-c", "echo trying; exec sleep 600"], limit=0.2)
        self.assertEqual(processes.run(["true"], limit=600), (0, ""))


class Clock(unittest.TestCase):
    def test_a_record_of_the_future_counts_only_while_there_is_no_other(self):
        volume = types.SimpleNamespace(kind="volume")
        later, now, other = (
            {"repository": kind, "startedAt": at} for kind, at in (("volume", NOW + DAY), ("volume", NOW), ("s3", NOW))
        )
        self.assertEqual(report._of(volume, [later, now, other], NOW), [now])
        self.assertEqual(report._of(volume, [later, other], NOW), [later])


class Policy(unittest.TestCase):
    def problems(self, repository=None, **facts):
        fine = {"startedAt": NOW - DAY, "ok": True}
        held = {
            "kind": "volume",
            "error": None,
            "backups": [{"label": "a", "type": "full", "stop": NOW - DAY}],
            "gaps": [],
            "lacking": {},
            "lastRun": fine,
            "lastProof": fine,
            "lastProved": fine,
            **(repository or {}),
        }
        found = {
            "archiveStopped": None,
            "archiveError": None,
            "serverError": None,
            "lagSeconds": 5,
            "needsFull": None,
            "faults": [],
            "dataRoom": 10 << 30,
            "clockWasWrong": False,
            "uploads": {"error": None, "repositories": {"volume": {"current": NOW - 20}}},
            "maxProofAge": 8,
            "repositories": [held],
            **facts,
        }
        return report.problems_of(found, NOW)

    def test_it_holds(self):
        self.assertEqual(self.problems(), [])

    def test_what_breaks_it_is_said(self):
        broken = {"startedAt": NOW, "ok": False, "error": "broken"}
        old = {"startedAt": NOW - 9 * DAY, "ok": True}
        ahead = {"startedAt": NOW + DAY, "ok": True}
        for facts, said in (
            ({"lagSeconds": 61}, "61 s could not be restored"),
            ({"lagSeconds": None}, "nothing is archived"),
            ({"archiveStopped": "full"}, "archiving is stopped: full"),
            ({"archiveError": "away"}, "not archived: away"),
            ({"lagSeconds": None, "clockWasWrong": True}, "the clock was wrong"),
            ({"dataRoom": 500 << 20}, "the disk of Postgres' data has less than 512 MiB left"),
            ({"faults": ["the archiver: no space"]}, "the archiver: no space"),
            (
                {"uploads": {"error": None, "repositories": {"volume": {"current": NOW + 400}}}},
                "uploads were kept at a time of the future",
            ),
            ({"needsFull": "a gap"}, "new full backup is needed: a gap"),
            ({"uploads": {"error": "away"}}, "uploads are not kept: away"),
            ({"uploads": {"error": None, "repositories": {}}}, "volume: uploads are not kept yet"),
            (
                {"uploads": {"error": None, "repositories": {"volume": {"current": NOW - 400}}}},
                "volume: uploads of the last 400 s are not kept",
            ),
            ({"repository": {"error": "wrong key"}}, "volume: wrong key"),
            ({"repository": {"backups": []}}, "holds no backup"),
            ({"repository": {"lastRun": broken}}, "last backup failed: broken"),
            ({"repository": {"lastProof": broken}}, "last proof failed: broken"),
            ({"repository": {"lastProved": None}}, "no backup was proved"),
            ({"repository": {"lastProved": old}}, "9.0 days old; maxProofAge is 8"),
            ({"repository": {"lastProved": ahead}}, "proof has a time of the future"),
            ({"repository": {"lacking": {"a": 2}}}, "backup a lacks 2 segments"),
            ({"repository": {"gaps": [{"from": 1, "to": NOW, "segments": 3}]}}, "3 segments of write-ahead log"),
        ):
            with self.subTest(said):
                [problem] = self.problems(**facts)
                self.assertIn(said, problem)

    def test_a_gap_before_the_last_full_backup_is_past(self):
        gap = {"from": NOW - 3 * DAY, "to": NOW - 2 * DAY, "segments": 3}
        self.assertEqual(self.problems(repository={"gaps": [gap]}), [])


if __name__ == "__main__":
    unittest.main(verbosity=0)
