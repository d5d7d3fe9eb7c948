import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseBackups, renderBackupMetrics, renderBackups } from "../../cli/status/backup-report.ts";
import { unproved } from "../../cli/status/require-proof.ts";
import { wantedTables } from "../../cli/running/wanted-tables.ts";
import { parseMoment, releaseThen } from "../../cli/running/moment.ts";
import { backupRoleSql } from "../../infra/rendering/backup-role-sql.ts";
import { backupSettings, knownHost } from "../../infra/rendering/backup-settings.ts";
import { parseSettings, SettingsError } from "../../stacks/parse.ts";

function problemsOf(raw: Record<string, string>, secrets: readonly string[] = []): readonly string[] {
  try {
    parseSettings("prod", raw, new Set(secrets));
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.problems;
  }
  return [];
}

function configured(raw: Record<string, string>, secrets: readonly string[] = []) {
  const { backups } = parseSettings("prod", raw, new Set(secrets));
  assert.ok(backups);
  return backups;
}

const of = {
  project: "berth",
  stack: "prod",
  databaseHost: "postgres",
  database: "app",
  pgdata: "/data",
  uploads: true,
  uploadsOwner: 1000,
};

describe("settings of backups", () => {
  test("are on in prod and off elsewhere unless set", () => {
    assert.deepEqual(parseSettings("prod", {}).backups?.backupTo, ["volume"]);
    assert.equal(parseSettings("dev", {}).backups, undefined);
    assert.equal(parseSettings("prod", { backups: "false" }).backups, undefined);
    assert.ok(parseSettings("basic", { backups: "true" }).backups);
  });

  test("take cron's five fields, and refuse what is none", () => {
    for (const right of ["0 0 * * *", "*/15 1-5 1,15 * 0-7", "30 2 * * 0", "never"]) {
      assert.deepEqual(problemsOf({ backupFull: right }), [], right);
    }
    for (const wrong of [
      "60 2 * * 0",
      "30 2 * *",
      "30 2 * * 8",
      "5-1 * * * *",
      "a b c d e",
      "* * 0 * *",
      "*/0 * * * *",
    ]) {
      const [problem] = problemsOf({ backupFull: wrong });
      assert.match(problem ?? "", /^backupFull: expected five fields of cron/, wrong);
    }
  });

  test("name what a repository lacks, all at once, secrets as secrets", () => {
    const problems = problemsOf({ backupTo: "volume,s3,sftp" });
    assert.deepEqual(
      problems.map((problem) => problem.split(":")[0]),
      [
        "backupS3Endpoint",
        "backupS3Bucket",
        "backupS3AccessKey",
        "backupS3SecretKey",
        "backupSftp",
        "backupSftpKey",
        "backupSftpHostKey",
      ],
    );
    assert.ok(
      problems.includes(
        "backupSftpKey: backupTo sftp needs it. Fix: pulumi config set --secret backupSftpKey --stack prod",
      ),
    );
  });

  test("refuse a repository that nothing goes to, one that is named twice, and no schedule at all", () => {
    assert.match(
      problemsOf({ backupS3Endpoint: "s3.example.org" }).join(),
      /set backupTo volume,s3 --stack prod/,
    );
    assert.match(problemsOf({ backupTo: "volume,volume" }).join(), /names volume twice/);
    assert.match(problemsOf({ backupFull: "never", backupDiff: "never" }).join(), /set backups false/);
    assert.match(problemsOf({ backupTo: "tape" }).join(), /^backupTo: expected volume, s3 or sftp/);
  });
});

test("the program's settings hold its repositories, and no secret", () => {
  const config = configured(
    {
      backupTo: "volume,sftp",
      backupSftp: "sftp://backup@host.example.org:2222/srv/backups",
      backupSftpKey: "PRIVATE",
      backupSftpHostKey: "ssh-ed25519 AAAA",
    },
    ["backupSftpKey"],
  );
  const text = backupSettings(config, of);
  const given = JSON.parse(text) as Record<string, unknown>;
  assert.deepEqual(given["repositories"], [
    { kind: "volume" },
    { kind: "sftp", user: "backup", host: "host.example.org", port: "2222", path: "/srv/backups" },
  ]);
  assert.equal(given["backupIncr"], "");
  assert.ok(!text.includes("PRIVATE"));
  assert.equal(knownHost(config), "[host.example.org]:2222 ssh-ed25519 AAAA\n");
});

test("the role's password reaches Postgres as a verifier only", () => {
  const sql = backupRoleSql("secret'password", 4096);
  assert.ok(!sql.includes("secret"));
  assert.match(sql, /PASSWORD 'SCRAM-SHA-256\$/);
  assert.match(sql, /max_slot_wal_keep_size = '4096MB'/);
});

const run = { startedAt: 1_795_790_213, ok: true, seconds: 72.5 };
const proof = { ...run, backup: "20261127-143655F", tables: 27, rows: 15, databaseBytes: 32_466_646 };
const status = {
  stack: "prod",
  at: 1_795_793_813,
  healthy: false,
  problems: ["the last 90 s could not be restored; 60 s is the limit"],
  lagSeconds: 90,
  waitingBytes: 0,
  archiveStopped: null,
  running: null,
  next: { full: 1_795_917_600 },
  maxProofAge: 8,
  repositories: [
    {
      kind: "volume",
      error: null,
      restorableFrom: 1_795_790_213,
      restorableTo: 1_795_793_723,
      backups: [
        {
          label: "20261127-143655F",
          type: "full",
          stop: 1_795_790_213,
          databaseBytes: 32_466_646,
          storedBytes: 3_833_944,
        },
      ],
      gaps: [{ from: 1_795_791_000, to: 1_795_792_000, segments: 3 }],
      lastRun: run,
      lastProof: proof,
      lastProved: proof,
    },
  ],
};

describe("berth backups", () => {
  const report = parseBackups(JSON.stringify(status));

  test("tells what can be restored, gaps, the proof, and what is wrong", () => {
    const text = renderBackups(report);
    for (const line of [
      /^policy +does not hold$/m,
      /^ {2}problem +the last 90 s could not be restored/m,
      /^volume +a volume of the stack's host: lost with the host$/m,
      /^ {2}restorable +from 2026-11-27 14:36:53 UTC to 2026-11-27 15:35:23 UTC$/m,
      /^ {2}gap +2026-11-27 14:50:00 UTC to 2026-11-27 15:06:40 UTC: 3 segments are missing$/m,
      /^ {2}backups +1 full; 3\.7 MiB of a database of 31\.0 MiB$/m,
      /^ {2}proved +1 h 00 m ago: 20261127-143655F, 31\.0 MiB restored in 1 m 13 s, 15 rows in 27 tables$/m,
      /^next +full 2026-11-29 02:00 UTC$/m,
    ]) {
      assert.match(text, line);
    }
  });

  test("has the same for Prometheus, and leaves out what is unknown", () => {
    const text = renderBackupMetrics(report);
    assert.match(text, /^berth_backup_healthy\{stack="prod"\} 0$/m);
    assert.match(text, /^berth_backup_lag_seconds\{stack="prod"\} 90$/m);
    assert.match(text, /^berth_backup_gaps\{stack="prod",repository="volume"\} 1$/m);
    assert.match(
      text,
      /^berth_backup_restorable_from_seconds\{stack="prod",repository="volume"\} 1795790213$/m,
    );
    const none = renderBackupMetrics({ ...report, lagSeconds: null });
    assert.doesNotMatch(none, /^berth_backup_lag_seconds\{/m);
  });
});

test("a repository without a proof within maxProofAge is named", () => {
  const report = parseBackups(JSON.stringify(status));
  assert.deepEqual(unproved(report), []);
  const later = new Date(Date.parse(report.at) + 9 * 86_400_000).toISOString();
  assert.match(unproved({ ...report, at: later }).join(), /volume is 9\.0 days old; maxProofAge is 8/);
  const [volume] = report.repositories;
  assert.ok(volume);
  const never = { ...report, repositories: [{ ...volume, lastProved: null }] };
  assert.match(unproved(never).join(), /no backup in volume was ever proved/);
});

describe("a moment", () => {
  const now = new Date("2026-11-27T15:00:00Z");

  test("is latest, a time with its zone, or the one before a release", () => {
    assert.deepEqual(parseMoment("latest", now), { latest: true });
    assert.deepEqual(parseMoment("2026-11-27T14:05:00Z", now), { at: 1_795_788_300 });
    assert.deepEqual(parseMoment("2026-11-27T17:05:00.250001+03:00", now), { at: 1_795_788_300.250001 });
    assert.deepEqual(parseMoment("before:0a1b2c3d4e5f-012345", now), { before: "0a1b2c3d4e5f-012345" });
    assert.deepEqual(parseMoment("before:last", now), { before: "" });
  });

  test("of the future, without a zone, or misspelt is refused", () => {
    for (const wrong of [
      undefined,
      "yesterday",
      "2026-11-27T14:05:00",
      "2026-11-27",
      "before:",
      "2026-13-27T14:05:00Z",
    ]) {
      assert.throws(() => parseMoment(wrong, now), /--to takes latest, a time such as/, wrong ?? "none");
    }
    assert.throws(() => parseMoment("2026-11-27T15:00:01Z", now), /is in the future/);
  });

  test("has the release that had taken the traffic then", () => {
    const releases = [
      { release: "b", at: "2026-11-27T14:00:00Z" },
      { release: "a", at: "2026-11-26T14:00:00Z" },
    ];
    assert.equal(releaseThen(releases, Date.parse("2026-11-27T13:59:59Z") / 1000)?.release, "a");
    assert.equal(releaseThen(releases, Date.parse("2026-11-27T14:00:00Z") / 1000)?.release, "b");
    assert.equal(releaseThen(releases, 0), undefined);
  });
});

test("tables are copied into a schema of their own, and all that is wrong is said at once", () => {
  assert.equal(wantedTables("prepare", { table: [] }), undefined);
  const wanted = { into: "found", table: ["customers", "audit.events"], where: "id = 7" };
  assert.deepEqual(wantedTables("prepare", wanted), {
    into: "found",
    tables: wanted.table,
    where: "id = 7",
  });
  for (const into of ["public", "pg_temp", "a b", undefined])
    assert.throws(
      () => wantedTables("prepare", { table: wanted.table, ...(into === undefined ? {} : { into }) }),
      /--into names the schema/,
    );
  assert.throws(
    () => wantedTables("swap", { into: "Found", table: ["users; drop"] }),
    /does not go with swap; --into names.*; --table: "users; drop" is no name/,
  );
  assert.throws(() => wantedTables("prepare", { into: "found", table: [] }), /--table names a table/);
});
