import { z } from "zod";
import { list, pem, secret, wholeNumber, yesOrNo, type Fix, type Values } from "./field.ts";

/** A number, range, list or step of one field of cron. */
function cronField(least: number, most: number): (text: string) => boolean {
  const within = (text: string) => /^\d{1,2}$/.test(text) && Number(text) >= least && Number(text) <= most;
  return (text) =>
    text.split(",").every((part) => {
      const [range = "", step, ...rest] = part.split("/");
      if (rest.length > 0 || (step !== undefined && !/^[1-9]\d?$/.test(step))) return false;
      const [from = "", to, ...more] = range.split("-");
      if (range === "*") return true;
      return (
        more.length === 0 && within(from) && (to === undefined || (within(to) && Number(from) <= Number(to)))
      );
    });
}

/**
 * Minute, hour, day of the month, month, day of the week.
 * https://man7.org/linux/man-pages/man5/crontab.5.html
 */
const cronFields = [cronField(0, 59), cronField(0, 23), cronField(1, 31), cronField(1, 12), cronField(0, 7)];

function isCron(text: string): boolean {
  const parts = text.trim().split(/\s+/);
  return (
    parts.length === cronFields.length && parts.every((part, index) => cronFields[index]?.(part) === true)
  );
}

const cronExpected = 'five fields of cron, such as "30 2 * * 0" for Sundays at 02:30, or "never"';

function schedule(fallback: string, description: string) {
  return z
    .string()
    .refine((text) => text === "never" || isCron(text), cronExpected)
    .default(fallback)
    .describe(description)
    .meta({ values: "cron, or never" });
}

const repositoryKinds = ["volume", "s3", "sftp"] as const;
type RepositoryKind = (typeof repositoryKinds)[number];

const sftpExpected = "an address such as sftp://backup@host.example.org:22/backups, without a password";
const sftpPattern = /^sftp:\/\/([\w.-]+)@([\w.-]+)(?::(\d{1,5}))?(\/[\w./-]*[\w-])$/;

/** Settings of backups. */
export const backupFields = {
  backups: yesOrNo
    .default(false)
    .describe("Archive the database continuously, back it up, and prove the backups."),
  backupTo: list
    .pipe(
      z.array(z.enum(repositoryKinds, "volume, s3 or sftp, or several of them")).min(1, "volume, s3 or sftp"),
    )
    .default(["volume"])
    .describe(
      "Where backups are kept, several at once if you name several. `volume` is on the stack's own host and is lost with it.",
    )
    .meta({ values: "volume, s3, sftp" }),
  backupFull: schedule("30 2 * * 0", "When a full backup is made, in UTC."),
  backupDiff: schedule("30 2 * * 1-6", "When what changed since the last full backup is backed up, in UTC."),
  backupIncr: schedule("never", "When what changed since the last backup is backed up, in UTC."),
  backupProof: schedule(
    "30 4 * * *",
    "When the newest backup is restored into a server that is thrown away, and checked, in UTC.",
  ),
  backupDays: wholeNumber(1, 3650, "days")
    .default(14)
    .describe("Days whose every moment can be gone back to."),
  backupFulls: wholeNumber(1, 1000)
    .default(2)
    .describe("Full backups that stay at least, however old they are."),
  backupWalLimit: wholeNumber(64, 1_048_576, "MiB")
    .default(4096)
    .describe(
      "Write-ahead log that may wait for a repository that does not answer. Beyond it archiving stops, and a full backup follows once the repository answers; the database goes on.",
    ),
  backupMemory: wholeNumber(256, 65_536, "MiB")
    .default(512)
    .describe("Memory limit of the container that makes backups, MiB."),
  maxProofAge: wholeNumber(1, 3650, "days")
    .default(8)
    .describe("Age of the newest proof from which on `npx berth backups` fails, and `up` warns or refuses."),
  proofPolicy: z
    .enum(["warn", "refuse"], "warn or refuse")
    .default("warn")
    .describe("What `up` does while the newest proof is older than `maxProofAge`."),
  proofQuery: z
    .string()
    .min(1, "an SQL query")
    .optional()
    .describe("SQL query that has to answer `true` on a restored database.")
    .meta({ example: "select count(*) > 0 from users" }),
  backupKey: secret(
    "the key that `npx berth backups key` showed",
    "Secret. Key that backups are encrypted with. Default: one that the stack makes.",
  ),
  backupS3Endpoint: z
    .string()
    .regex(/^[\w.-]+(?::\d{1,5})?$/, "a host such as s3.example.org; backups only go over TLS")
    .optional()
    .describe("Host, and port if it is not 443, of the S3-compatible service that keeps backups.")
    .meta({ example: "s3.example.org" }),
  backupS3Bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "a bucket's name")
    .optional()
    .describe("Bucket of backups; it must exist.")
    .meta({ example: "shop-backups" }),
  backupS3Region: z
    .string()
    .regex(/^[\w-]{1,64}$/, "a region's name")
    .default("us-east-1")
    .describe("Region of the bucket of backups."),
  backupS3AccessKey: z
    .string()
    .min(1, "an access key")
    .optional()
    .describe("Access key of the bucket of backups.")
    .meta({ example: "AKIA0123456789" }),
  backupS3SecretKey: secret("a secret key", "Secret. Secret key of the bucket of backups."),
  backupS3Ca: pem
    .optional()
    .describe("Authority, as PEM, of the S3 service's certificate, if it is not a public one.")
    .meta({ example: "< ca.pem" }),
  backupSftp: z
    .string()
    .regex(sftpPattern, sftpExpected)
    .optional()
    .describe("Folder of another host that keeps backups, reached by SFTP.")
    .meta({ example: "sftp://backup@host.example.org:22/backups" }),
  backupSftpKey: secret(
    "a private key of SSH",
    "Secret. Private key, without a passphrase, that logs in there.",
  ),
  backupSftpHostKey: z
    .string()
    .regex(/^(?:ssh|ecdsa)-[\w-]+ [A-Za-z0-9+/]+=*$/, "a public key such as ssh-ed25519 AAAA…")
    .optional()
    .describe("Public key that the other host identifies itself with; `ssh-keyscan HOST` shows it.")
    .meta({ example: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUq" }),
} as const;

/** `backups` with the kind's own default. */
export function backupsField(fallback: boolean) {
  return yesOrNo.default(fallback).describe(backupFields.backups.description ?? "");
}

type Settings = Values<typeof backupFields>;

/** Backups of a stack. */
export interface BackupsConfig extends Settings {
  /** `backupSftp` in its parts. */
  readonly sftp:
    | { readonly user: string; readonly host: string; readonly port: string; readonly path: string }
    | undefined;
}

/** Backups, if the settings want them. */
export function backupsConfig(settings: Settings): BackupsConfig | undefined {
  if (!settings.backups) return undefined;
  const [, user = "", host = "", port = "22", path = ""] = sftpPattern.exec(settings.backupSftp ?? "") ?? [];
  return { ...settings, sftp: user === "" ? undefined : { user, host, port, path } };
}

type Needed = keyof Settings & `backup${string}`;

const needs: Readonly<Record<RepositoryKind, readonly Needed[]>> = {
  volume: [],
  s3: ["backupS3Endpoint", "backupS3Bucket", "backupS3AccessKey", "backupS3SecretKey"],
  sftp: ["backupSftp", "backupSftpKey", "backupSftpHostKey"],
};

const secrets: readonly Needed[] = ["backupS3SecretKey", "backupSftpKey"];

/** What is missing among the settings of backups, or does nothing. */
export function backupProblems(settings: Settings, fix: Fix): string[] {
  if (!settings.backups) return [];
  const { backupTo } = settings;
  const missing = backupTo.flatMap((kind) =>
    needs[kind]
      .filter((name) => settings[name] === undefined)
      .map(
        (name) =>
          `${name}: backupTo ${kind} needs it. Fix: ${fix(secrets.includes(name) ? `set --secret ${name}` : `set ${name} VALUE`)}`,
      ),
  );
  const idle = repositoryKinds.flatMap((kind) => {
    const [first] = needs[kind];
    return first === undefined || settings[first] === undefined || backupTo.includes(kind)
      ? []
      : [
          `${first}: is set, and backupTo does not name ${kind}. Fix: ${fix(`set backupTo ${[...backupTo, kind].join(",")}`)}`,
        ];
  });
  const twice = backupTo.filter((kind, index) => backupTo.indexOf(kind) !== index);
  const never = [settings.backupFull, settings.backupDiff, settings.backupIncr].every(
    (when) => when === "never",
  )
    ? [
        `backupFull: with no schedule there are no backups. Fix: ${fix('set backupFull "30 2 * * 0"')}, or ${fix("set backups false")}`,
      ]
    : [];
  return [
    ...missing,
    ...idle,
    ...twice.map(
      (kind) =>
        `backupTo: names ${kind} twice. Fix: ${fix(`set backupTo ${[...new Set(backupTo)].join(",")}`)}`,
    ),
    ...never,
  ];
}
