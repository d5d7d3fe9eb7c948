import { z } from "zod";
import { formatDuration } from "../terminal/duration.ts";
import { renderTable } from "../terminal/table.ts";

/** Seconds of the epoch, as the backups' program counts; read as ISO 8601. */
const time = z.number().transform((at) => new Date(at * 1000).toISOString());

const run = z.object({
  startedAt: time,
  ok: z.boolean(),
  seconds: z.number().optional(),
  type: z.string().optional(),
  label: z.string().optional(),
  error: z.string().optional(),
});

const proof = z.object({
  startedAt: time,
  ok: z.boolean(),
  seconds: z.number(),
  backup: z.string().optional(),
  restoredTo: time.optional(),
  databaseBytes: z.number().optional(),
  tables: z.number().optional(),
  rows: z.number().optional(),
  schema: z.string().optional(),
  invalidIndexes: z.array(z.string()).optional(),
  query: z.boolean().optional(),
  uploads: z.object({ snapshot: z.string(), opened: z.number() }).optional(),
  error: z.string().optional(),
});

const repository = z.object({
  kind: z.enum(["volume", "s3", "sftp"]),
  error: z.string().nullable(),
  /** The oldest and the newest moment that can be gone back to. */
  restorableFrom: time.nullable(),
  restorableTo: time.nullable(),
  backups: z.array(
    z.object({
      label: z.string(),
      type: z.enum(["full", "diff", "incr"]),
      stop: time,
      databaseBytes: z.number(),
      storedBytes: z.number(),
    }),
  ),
  /** Stretches between `restorableFrom` and `restorableTo` whose moments are lost. */
  gaps: z.array(z.object({ from: time.nullable(), to: time, segments: z.number() })),
  lastRun: run.nullable(),
  lastProof: proof.nullable(),
  lastProved: proof.nullable(),
});

const report = z.object({
  stack: z.string(),
  at: time,
  /** The policy of the stack holds. */
  healthy: z.boolean(),
  /** What keeps it from holding, a sentence each. */
  problems: z.array(z.string()),
  /** Seconds of committed work that would be lost with the host; null before the first archive. */
  lagSeconds: z.number().nullable(),
  /** Bytes of write-ahead log that wait for a repository. */
  waitingBytes: z.number(),
  archiveStopped: z.string().nullable(),
  running: z.object({ job: z.string(), since: time, percent: z.number() }).nullable(),
  /** When each job runs next. */
  next: z.record(z.string(), time),
  maxProofAge: z.number(),
  repositories: z.array(repository),
});

/** What a stack's backups can restore, and what is wrong, as `backups --json` prints it. */
export type BackupReport = z.output<typeof report>;

/** Reads what `berth-backup status` printed. */
export function parseBackups(json: string): BackupReport {
  return report.parse(JSON.parse(json));
}

const minute = (at: string) => `${at.slice(0, 16).replace("T", " ")} UTC`;
const second = (at: string) => `${at.slice(0, 19).replace("T", " ")} UTC`;

function size(bytes: number): string {
  const mebibytes = bytes / 1024 ** 2;
  return mebibytes < 1024 ? `${mebibytes.toFixed(1)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}

const places = {
  volume: "a volume of the stack's host: lost with the host",
  s3: "a bucket",
  sftp: "another host, by SFTP",
} as const;

type Repository = BackupReport["repositories"][number];

function ofRepository(found: Repository, at: string): [string, string][] {
  const { backups, gaps, kind, lastProved, restorableFrom, restorableTo } = found;
  const counts = (["full", "diff", "incr"] as const)
    .map((type) => [backups.filter((one) => one.type === type).length, type] as const)
    .filter(([count]) => count > 0);
  const stored = backups.reduce((sum, one) => sum + one.storedBytes, 0);
  return [
    [kind, places[kind]],
    [
      "  restorable",
      restorableFrom === null || restorableTo === null
        ? "nothing"
        : `from ${second(restorableFrom)} to ${second(restorableTo)}`,
    ],
    ...gaps.map((gap): [string, string] => [
      "  gap",
      `${gap.from === null ? "before" : `${second(gap.from)} to`} ${second(gap.to)}: ${gap.segments} segments are missing`,
    ]),
    [
      "  backups",
      backups.length === 0
        ? "none"
        : `${counts.map(([count, type]) => `${count} ${type}`).join(", ")}; ${size(stored)} of a database of ${size(backups.at(-1)?.databaseBytes ?? 0)}`,
    ],
    [
      "  proved",
      lastProved === null ? "never" : `${ago(lastProved.startedAt, at)} ago: ${proved(lastProved)}`,
    ],
  ];
}

const ago = (then: string, now: string) =>
  formatDuration(Math.max(0, (Date.parse(now) - Date.parse(then)) / 1000));

function proved(record: z.output<typeof proof>): string {
  const { backup, databaseBytes = 0, rows, schema, seconds, tables, uploads } = record;
  return [
    `${backup ?? "?"}, ${size(databaseBytes)} restored in ${formatDuration(seconds)}`,
    `${rows ?? 0} rows in ${tables ?? 0} tables`,
    ...(schema === undefined ? [] : [`schema ${schema}`]),
    ...(uploads === undefined ? [] : [`${uploads.opened} uploads opened`]),
  ].join(", ");
}

/** The report for people. */
export function renderBackups(found: BackupReport): string {
  const next = Object.entries(found.next).map(([job, at]) => `${job} ${minute(at)}`);
  const rows: [string, string][] = [
    ["policy", found.healthy ? "holds" : "does not hold"],
    ...found.problems.map((problem): [string, string] => ["  problem", problem]),
    ["lag", found.lagSeconds === null ? "nothing is archived yet" : formatDuration(found.lagSeconds)],
    ...found.repositories.flatMap((one) => ofRepository(one, found.at)),
    ...(found.running === null
      ? []
      : [["running", `${found.running.job}, ${Math.round(found.running.percent)} %`] as [string, string]]),
    ["next", next.join(", ")],
  ];
  return renderTable([], rows);
}

/**
 * The report as Prometheus reads it.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function renderBackupMetrics(found: BackupReport): string {
  const seconds = (at: string) => Date.parse(at) / 1000;
  const stack = `stack="${found.stack}"`;
  const gauge = (name: string, help: string, values: readonly (readonly [string, number | null])[]) => {
    const known = values.filter(([, value]) => value !== null);
    return [
      `# HELP berth_backup_${name} ${help}`,
      `# TYPE berth_backup_${name} gauge`,
      ...known.map(([labels, value]) => `berth_backup_${name}{${stack}${labels}} ${value ?? 0}`),
    ];
  };
  const each = (value: (one: Repository) => number | null) =>
    found.repositories.map((one) => [`,repository="${one.kind}"`, value(one)] as const);
  const at = (value: string | null | undefined) => (value == null ? null : seconds(value));
  return [
    ...gauge("healthy", "1 while the policy of the stack holds.", [["", found.healthy ? 1 : 0]]),
    ...gauge("lag_seconds", "Seconds of committed work that are not archived.", [["", found.lagSeconds]]),
    ...gauge("wal_waiting_bytes", "Write-ahead log that waits for a repository.", [["", found.waitingBytes]]),
    ...gauge("archive_stopped", "1 while archiving is stopped.", [
      ["", found.archiveStopped === null ? 0 : 1],
    ]),
    ...gauge(
      "restorable_from_seconds",
      "Oldest moment that can be gone back to.",
      each((one) => at(one.restorableFrom)),
    ),
    ...gauge(
      "restorable_to_seconds",
      "Newest moment that can be gone back to.",
      each((one) => at(one.restorableTo)),
    ),
    ...gauge(
      "gaps",
      "Stretches of missing write-ahead log.",
      each((one) => one.gaps.length),
    ),
    ...gauge(
      "last_success_seconds",
      "When the newest backup ended.",
      each((one) => at(one.backups.at(-1)?.stop)),
    ),
    ...gauge(
      "last_proof_seconds",
      "When the newest successful proof began.",
      each((one) => at(one.lastProved?.startedAt)),
    ),
    ...gauge(
      "stored_bytes",
      "Bytes of all backups of the database.",
      each((one) => one.backups.reduce((sum, { storedBytes }) => sum + storedBytes, 0)),
    ),
    "",
  ].join("\n");
}
