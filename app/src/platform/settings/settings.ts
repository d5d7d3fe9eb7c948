import { z } from "zod";
import { addresses, proxies } from "./reach.ts";

/** Environment variables hold text only; these turn it into what the setting means. */
const integer = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, "is not a whole number")
    .transform(Number)
    .pipe(z.number().min(least, `is below ${least}`).max(most, `is above ${most}`));

const secretFile = z.string().startsWith("/", "is not an absolute path");

const webAddress = z
  .url({ protocol: /^https?$/, error: "is not an http(s) address" })
  .transform((text) => text.replace(/\/+$/, ""));

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * Every environment variable the app reads. The description of a setting is printed when its value
 * is missing or wrong, so it says what the setting is for and what a right value looks like.
 */
export const settings = z.object({
  STACK: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "is not a stack name")
    .default("local")
    .describe("name of the stack, shown to people; small letters, digits and dashes"),
  SITE_NAME: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .optional()
    .describe("what the application is called, such as Harbour office; STACK where unset"),
  SITE_COLOUR: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, "is not a colour such as #0b5d7a")
    .optional()
    .describe("colour of buttons and links; made darker or lighter until it is readable"),
  SITE_LOGO: z
    .string()
    .regex(/^\/(?!\/)[\w./-]+$/, "is not a path such as /media/logo.png")
    .optional()
    .describe("path of a picture that stands beside the name, on this very site"),
  APP_ENV: z
    .enum(["development", "production"])
    .default("development")
    .describe("`production` hides error details and insists on secrets; `development` shows them"),
  RELEASE: z
    .string()
    .regex(/^[\w.:-]{1,128}$/, "is not a release id")
    .default("unreleased")
    .describe("id of the release; sent as the X-Release header of every response"),
  HOST: z.string().min(1).default("127.0.0.1").describe("address to listen on; 0.0.0.0 in a container"),
  PORT: integer(0, 65_535).default(8000).describe("port of the web server; 0 takes a free one"),
  METRICS_PORT: integer(0, 65_535).default(9464).describe("internal port of /metrics"),
  WORKERS: integer(1, 64).default(1).describe("web processes in this container, 1 to 64"),
  DRAIN_TIMEOUT: integer(0, 600).default(25).describe("seconds that open requests get after SIGTERM"),
  DATABASE_HOST: z.string().min(1).describe("host name of Postgres, for example `postgres` or 127.0.0.1"),
  DATABASE_PORT: integer(1, 65_535).default(5432).describe("port of Postgres"),
  DATABASE_NAME: z.string().min(1).describe("name of the database"),
  DATABASE_USER: z.string().min(1).describe("role that the app logs in as"),
  DATABASE_PASSWORD_FILE: secretFile
    .optional()
    .describe("file with the password of DATABASE_USER; leave out where Postgres asks for none"),
  DATABASE_POOL_MAX: integer(2, 500).default(10).describe("connections each process may open, 2 to 500"),
  DATABASE_WAIT: integer(0, 3600)
    .default(60)
    .describe("seconds to keep trying to reach Postgres at start; 0 tries once"),
  DATABASE_STATEMENT_TIMEOUT: integer(0, 3_600_000)
    .default(15_000)
    .describe("milliseconds after which Postgres cancels one statement of a request; 0 never"),
  MIGRATION_STATEMENT_TIMEOUT: integer(0, 604_800_000)
    .default(900_000)
    .describe("milliseconds after which Postgres cancels one statement of a migration; 0 never"),
  SESSION_KEYS_FILE: secretFile
    .optional()
    .describe(
      "file with the session keys, one a line of 32 characters or more: the first signs, all verify, each older one until the time that follows it",
    ),
  SECRETS_PREFIX: secretFile
    .optional()
    .describe(
      "what the path of a module's secret begins with; its name follows, as in `config.secret(name)`",
    ),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: "is not a redis:// address" })
    .optional()
    .describe("Redis for cache and rate limits, without credentials; without it each process keeps its own"),
  REDIS_PASSWORD_FILE: secretFile.optional().describe("file with the password of Redis"),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/, error: "is not an smtp:// address" })
    .refine((text) => !/^smtp:\/\/[^?]*:465\b/.test(text), "names port 465, which wants smtps://")
    .refine(
      (text) => !/^smtps:\/\/[^?]*:(?:25|587)\b/.test(text),
      "names a port that wants smtp://, with STARTTLS",
    )
    .optional()
    .describe(
      "mail server, without credentials; without it nobody gets mail, and in development it is written to the log",
    ),
  SMTP_USER: z.string().min(1).optional().describe("user name at the mail server"),
  SMTP_PASSWORD_FILE: secretFile.optional().describe("file with the password of SMTP_USER"),
  SMTP_TLS: z
    .enum(["required", "off"])
    .default("required")
    .describe(
      "`required` sends mail over TLS with a checked certificate; `off` in the clear, to a relay on the host or a private network",
    ),
  MAIL_FROM: z
    .string()
    .regex(/^(?:[^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/, "has no address")
    .default("berth <no-reply@localhost>")
    .describe("sender of mail, such as shop@example.org or Shop <shop@example.org>"),
  PUBLIC_URL: webAddress
    .optional()
    .describe(
      "address people use, for example https://example.org; links in mail lead there, and changes may come from there",
    ),
  PUBLIC_URLS: addresses
    .optional()
    .describe(
      "every address people use, separated by commas: *. stands for subdomains, * for any host or port; PUBLIC_URL alone where unset",
    ),
  TRUST_PROXY: proxies
    .default(0)
    .describe(
      "number of proxies in front of the app whose X-Forwarded-* headers are believed, or their addresses and CIDR ranges, separated by commas, `gateway` for the container's host; 0 where there is none",
    ),
  RATE_LIMIT: integer(0, 1_000_000)
    .default(1200)
    .describe("requests an address may send in a minute; 0 lifts the limit"),
  REGISTRATION: z
    .enum(["open", "invited", "closed"])
    .default("open")
    .describe(
      "`open` lets people register; `invited` those with an invitation; `closed` leaves it to administrators",
    ),
  SECOND_FACTOR: z
    .enum(["optional", "staff", "all"])
    .default("optional")
    .describe("group of people that must have a second factor: nobody, staff and administrators, or all"),
  API_DOCS: z
    .enum(["open", "staff"])
    .optional()
    .describe("group of people that may read the API's description; in production `staff` where unset"),
  AUDIT_RETENTION: integer(0, 36_500).default(365).describe("days that the audit log is kept; 0 for ever"),
  HISTORY_RETENTION: integer(0, 36_500)
    .default(730)
    .describe("days that the history of changes is kept; 0 for ever"),
  IDEMPOTENCY_RETENTION: integer(1, 720)
    .default(24)
    .describe("hours in which a repeated Idempotency-Key gets the first answer"),
  JOBS: z
    .enum(["inline", "worker"])
    .default("inline")
    .describe(
      "`inline` works off jobs in the web process; `worker` leaves them to a container that runs src/worker.ts",
    ),
  MEDIA_DIR: z
    .string()
    .startsWith("/", "is not an absolute path")
    .default("/var/lib/app/media")
    .describe("folder of uploaded files"),
  MEDIA_RESERVE: integer(0, 1_048_576)
    .optional()
    .describe(
      "MiB that uploads leave free on the disk of MEDIA_DIR; 5 % of it, and 2048 at least, where unset",
    ),
  MEDIA_SHARE: integer(1, 100)
    .default(50)
    .describe("per cent of the disk of MEDIA_DIR that all uploads together may take, 1 to 100"),
  MEDIA_QUOTA: integer(0, 1_048_576)
    .default(1024)
    .describe("MiB that one person's files may take; 0 lifts the bound"),
  MEDIA_QUOTA_FILES: integer(0, 10_000_000)
    .default(10_000)
    .describe("number of files that one person may have; 0 lifts the bound"),
  UPLOADS: z
    .enum(["staff", "permitted", "all"])
    .default("staff")
    .describe(
      "group of people that may upload: `staff` and administrators, those `permitted` to edit media, or `all` who are signed in",
    ),
  MEDIA_ACCEL: z
    .string()
    .regex(/^$|^\/[\w/-]*\/$/, "is neither empty nor a path such as /protected/")
    .default("")
    .describe("prefix of X-Accel-Redirect; empty where no proxy sends files and the app does"),
  S3_ENDPOINT: webAddress
    .optional()
    .describe("address of an S3-compatible service for uploaded files; without it they lie in MEDIA_DIR"),
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "is not a bucket name")
    .optional()
    .describe("bucket of uploaded files; it has to be there already"),
  S3_REGION: z
    .string()
    .regex(/^[\w-]{1,64}$/, "is not a region")
    .default("us-east-1")
    .describe("region of the bucket, as the service names it"),
  S3_ACCESS_KEY: z.string().min(1).optional().describe("access key of the bucket"),
  S3_SECRET_KEY_FILE: secretFile.optional().describe("file with the secret key of S3_ACCESS_KEY"),
  S3_DELIVERY: z
    .enum(["app", "redirect"])
    .default("app")
    .describe(
      "`app` passes files on; `redirect` sends people to the bucket, which then has to be reachable for them",
    ),
  STATIC_DIR: z
    .string()
    .startsWith("/", "is not an absolute path")
    .optional()
    .describe("folder of static files"),
  LOCALE: z.enum(["en", "ru"]).default("en").describe("language where the visitor asks for none: en or ru"),
  TIME_ZONE: z
    .string()
    .refine(isTimeZone, "is not an IANA time zone")
    .default("UTC")
    .describe("IANA time zone that times are shown in, for example Europe/Moscow; stored times are UTC"),
  OTEL_EXPORTER_OTLP_ENDPOINT: webAddress
    .optional()
    .describe(
      "collector that takes traces as OTLP over HTTP, such as http://collector:4318; none without it",
    ),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(?:0(?:\.\d+)?|1(?:\.0+)?)$/, "is not a number from 0 to 1")
    .default("1")
    .transform(Number)
    .describe("share of traces that are kept, 0 to 1"),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("least serious log lines to write"),
});

export type Settings = z.output<typeof settings>;
