import { readFileSync } from "node:fs";
import type { RingKey } from "./platform/sessions/key-ring.ts";
import { parseSettings } from "./platform/settings/parse-settings.ts";
import type { Settings } from "./platform/settings/settings.ts";
import { SettingProblems } from "./platform/settings/setting-problems.ts";

/** How to reach Postgres. */
export interface DatabaseConfig {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user: string;
  readonly password: string | undefined;
  /** Connections one process may open. */
  readonly poolMax: number;
  /** Seconds to keep trying at start. */
  readonly wait: number;
  /** Milliseconds after which Postgres cancels a statement; 0 never. */
  readonly statementTimeout: number;
}

/** The app's settings, checked. Only this file reads `process.env`. */
export type Config = ReturnType<typeof loadConfig>;

type Environment = Readonly<Record<string, string | undefined>>;
type ReadFile = (path: string) => string;

const shortestKey = 32;

/**
 * With no key file a developer's sessions still survive a restart. Production refuses to start
 * without a file.
 */
const developmentKeys = [{ key: "berth development session key, worth nothing" }] as const;

function secretReader(readFile: ReadFile, problems: string[]) {
  return (setting: string, path: string | undefined): string | undefined => {
    if (path === undefined) return undefined;
    try {
      const text = readFile(path).replace(/\r?\n$/, "");
      if (text === "") problems.push(`${setting} names an empty file (${path}). Write the secret into it.`);
      return text;
    } catch (error) {
      const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
      problems.push(
        `${setting} names ${path}, which cannot be read (${reason}). Check that it exists and its owner.`,
      );
      return undefined;
    }
  };
}

function moduleSecret(prefix: string | undefined, name: string, readFile: ReadFile): string {
  try {
    if (prefix !== undefined && /^[A-Za-z0-9]+$/.test(name)) return readFile(prefix + name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  throw new SettingProblems([
    `There is no secret ${name}. Set it: pulumi config set --secret --path secrets.${name}; or, without a stack, SECRETS_PREFIX.`,
  ]);
}

/** The ring's keys: one a line, an older one followed by the time at which it stops verifying. */
function sessionKeys(text: string | undefined, production: boolean, problems: string[]): readonly RingKey[] {
  const lines = (text ?? "").split(/\r?\n/).filter((line) => line !== "");
  const keys = lines.map((line) => {
    const [key = "", until] = line.split(/\s+/);
    return until === undefined ? { key } : { key, until: Date.parse(until) };
  });
  if (keys.some(({ key }) => key.length < shortestKey)) {
    problems.push(`SESSION_KEYS_FILE holds a key shorter than ${shortestKey} characters. Make a longer one.`);
  }
  if (keys.some(({ until }) => Number.isNaN(until))) {
    problems.push(
      "SESSION_KEYS_FILE has a key followed by something else than a time such as 2026-12-01T00:00:00Z.",
    );
  }
  if (keys.length > 0) return keys;
  if (production && text === undefined) {
    problems.push("SESSION_KEYS_FILE is not set. Production needs a file with one session key a line.");
  }
  return developmentKeys;
}

function mailServer(set: Settings, password: string | undefined, problems: string[]) {
  const { SMTP_URL: url, SMTP_USER: user, SMTP_TLS: tls } = set;
  if (url === undefined) return undefined;
  if (tls === "off" && user !== undefined)
    problems.push("SMTP_TLS cannot be off with SMTP_USER: the password would go out in the clear.");
  if (tls === "off" && url.startsWith("smtps:"))
    problems.push("SMTP_TLS cannot be off with smtps://, which is TLS from the start. Use smtp://.");
  return { url, user, password, tls };
}

function bucket(set: Settings, secretKey: string | undefined, problems: string[]) {
  const { S3_ENDPOINT: endpoint, S3_BUCKET: name, S3_ACCESS_KEY: accessKey } = set;
  if (endpoint === undefined) return undefined;
  const needed = { S3_BUCKET: name, S3_ACCESS_KEY: accessKey, S3_SECRET_KEY_FILE: set.S3_SECRET_KEY_FILE };
  for (const [setting, value] of Object.entries(needed)) {
    if (value === undefined) problems.push(`${setting} is not set. S3_ENDPOINT needs it.`);
  }
  if (set.MEDIA_ACCEL !== "") {
    problems.push("MEDIA_ACCEL cannot be set with S3_ENDPOINT: the proxy does not have the bucket's files.");
  }
  if (name === undefined || accessKey === undefined || secretKey === undefined) return undefined;
  const redirect = set.S3_DELIVERY === "redirect";
  return { endpoint, bucket: name, region: set.S3_REGION, accessKey, secretKey, redirect };
}

/**
 * Reads and checks all settings.
 *
 * @throws {SettingProblems} naming every setting that is missing or wrong, and every secret file
 * that cannot be read.
 */
export function loadConfig(
  environment: Environment = process.env,
  readFile: ReadFile = (path) => readFileSync(path, "utf8"),
) {
  const parsed = parseSettings(environment);
  if (!parsed.settings) throw new SettingProblems(parsed.problems);
  const problems: string[] = [];
  const read = secretReader(readFile, problems);
  const set = parsed.settings;
  const production = set.APP_ENV === "production";
  const database: DatabaseConfig = {
    host: set.DATABASE_HOST,
    port: set.DATABASE_PORT,
    name: set.DATABASE_NAME,
    user: set.DATABASE_USER,
    password: read("DATABASE_PASSWORD_FILE", set.DATABASE_PASSWORD_FILE),
    poolMax: set.DATABASE_POOL_MAX,
    wait: set.DATABASE_WAIT,
    statementTimeout: set.DATABASE_STATEMENT_TIMEOUT,
  };
  const config = {
    stack: set.STACK,
    /** How the site presents itself to people. */
    site: { name: set.SITE_NAME ?? set.STACK, colour: set.SITE_COLOUR, logo: set.SITE_LOGO },
    production,
    release: set.RELEASE,
    host: set.HOST,
    port: set.PORT,
    metricsPort: set.METRICS_PORT,
    workers: set.WORKERS,
    /** Milliseconds after which Postgres cancels a statement of a migration; 0 never. */
    migrationStatementTimeout: set.MIGRATION_STATEMENT_TIMEOUT,
    /** Seconds. */
    drainTimeout: set.DRAIN_TIMEOUT,
    database,
    sessionKeys: sessionKeys(read("SESSION_KEYS_FILE", set.SESSION_KEYS_FILE), production, problems),
    /**
     * Secret of a module, by its name in the settings.
     *
     * @throws if there is none of that name, with how to set it.
     */
    secret: (name: string): string => moduleSecret(set.SECRETS_PREFIX, name, readFile),
    redis: set.REDIS_URL
      ? { url: set.REDIS_URL, password: read("REDIS_PASSWORD_FILE", set.REDIS_PASSWORD_FILE) }
      : undefined,
    smtp: mailServer(set, read("SMTP_PASSWORD_FILE", set.SMTP_PASSWORD_FILE), problems),
    mailFrom: set.MAIL_FROM,
    /** Where links in mail lead. */
    publicUrl: set.PUBLIC_URL,
    /**
     * Every address people use, patterns included, the canonical one first; empty if none is set.
     */
    publicUrls: set.PUBLIC_URLS ?? (set.PUBLIC_URL === undefined ? [] : [new URL(set.PUBLIC_URL).origin]),
    trustProxy: set.TRUST_PROXY,
    rateLimit: set.RATE_LIMIT,
    registration: set.REGISTRATION,
    secondFactor: set.SECOND_FACTOR,
    openApiDocs: (set.API_DOCS ?? (production ? "staff" : "open")) === "open",
    /** What the migration writes down for the logs; days, 0 for ever. */
    retention: { auditDays: set.AUDIT_RETENTION, historyDays: set.HISTORY_RETENTION },
    idempotencyHours: set.IDEMPOTENCY_RETENTION,
    /** Whether the web process works off jobs too. */
    inlineJobs: set.JOBS === "inline",
    media: {
      directory: set.MEDIA_DIR,
      accel: set.MEDIA_ACCEL,
      /** Bytes that uploads leave free; the storage's own default if unset. */
      reserve: set.MEDIA_RESERVE === undefined ? undefined : set.MEDIA_RESERVE * 1024 * 1024,
      /** Per cent of the disk. */
      diskShare: set.MEDIA_SHARE,
      quotaBytes: set.MEDIA_QUOTA * 1024 * 1024,
      quotaFiles: set.MEDIA_QUOTA_FILES,
      uploads: set.UPLOADS,
      s3: bucket(set, read("S3_SECRET_KEY_FILE", set.S3_SECRET_KEY_FILE), problems),
    },
    staticDirectory: set.STATIC_DIR,
    traces: set.OTEL_EXPORTER_OTLP_ENDPOINT
      ? { endpoint: set.OTEL_EXPORTER_OTLP_ENDPOINT, share: set.OTEL_TRACES_SAMPLER_ARG }
      : undefined,
    locale: set.LOCALE,
    timeZone: set.TIME_ZONE,
    logLevel: set.LOG_LEVEL,
  } as const;
  if (problems.length > 0) throw new SettingProblems(problems);
  return config;
}
