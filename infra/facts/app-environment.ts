import { createHash } from "node:crypto";
import { isLoopback } from "../../stacks/reach.ts";
import type { AccountsConfig } from "../../stacks/accounts.ts";
import type { MediaConfig } from "../../stacks/media.ts";
import type { StackConfig } from "../../stacks/stack-config.ts";
import { publicAddresses } from "./addresses.ts";
import { cacheHost, databaseHost, databaseName } from "./stack-names.ts";
import { mediaAccelPrefix } from "../rendering/edge-paths.ts";

/** Where the application's values come from that are known only when the stack runs. */
export interface AppWiring {
  databaseUser: string;
  /** Folder of the current secret files inside the container. */
  secrets: string;
}

/** Names of the application's secret files. */
export const appSecretFiles = {
  databasePassword: "database-password",
  sessionKeys: "session-keys",
  cachePassword: "redis-password",
  smtpPassword: "smtp-password",
  bucketSecretKey: "s3-secret-key",
  trustedCa: "trusted-ca.pem",
} as const;

/** Port of /metrics inside the application's containers. */
export const metricsPort = 9464;

/** What the file of a module's secret begins with. */
export const ownSecretPrefix = "own-";

/**
 * Environment of every container made from the application's image, but RELEASE. None of it is
 * secret: secrets are files.
 */
export function appEnvironment(config: StackConfig, wiring: AppWiring): Record<string, string> {
  return {
    STACK: config.stack,
    APP_ENV: config.app.environment,
    HOST: "0.0.0.0",
    PORT: "8000",
    METRICS_PORT: String(metricsPort),
    WORKERS: String(config.app.processes),
    JOBS: config.app.jobs === "container" ? "worker" : "inline",
    RATE_LIMIT: String(config.app.rateLimit),
    DRAIN_TIMEOUT: String(config.app.drainTimeout),
    DATABASE_HOST: databaseHost,
    DATABASE_PORT: "5432",
    DATABASE_NAME: databaseName,
    DATABASE_USER: wiring.databaseUser,
    DATABASE_PASSWORD_FILE: `${wiring.secrets}/${appSecretFiles.databasePassword}`,
    DATABASE_POOL_MAX: String(config.database.databasePoolMax),
    ...(config.app.secrets.length === 0 ? {} : { SECRETS_PREFIX: `${wiring.secrets}/${ownSecretPrefix}` }),
    SESSION_KEYS_FILE: `${wiring.secrets}/${appSecretFiles.sessionKeys}`,
    MEDIA_DIR: "/var/lib/app/media",
    LOCALE: config.locale,
    TIME_ZONE: config.timeZone,
    LOG_LEVEL: config.app.logLevel,
    // Node's own variable: whatever the application opens trusts these authorities too.
    ...(config.trustedCa === undefined
      ? {}
      : { NODE_EXTRA_CA_CERTS: `${wiring.secrets}/${appSecretFiles.trustedCa}` }),
    ...reachEnvironment(config),
    ...accountsEnvironment(config.accounts),
    ...(config.cache === undefined
      ? {}
      : {
          REDIS_URL: `redis://${cacheHost}:6379`,
          REDIS_PASSWORD_FILE: `${wiring.secrets}/${appSecretFiles.cachePassword}`,
        }),
    ...mailEnvironment(config.mail, wiring.secrets),
    ...bucketEnvironment(config.bucket, wiring.secrets),
    ...mediaEnvironment(config.media),
    ...(config.app.tracesEndpoint === undefined
      ? {}
      : {
          OTEL_EXPORTER_OTLP_ENDPOINT: config.app.tracesEndpoint,
          OTEL_TRACES_SAMPLER_ARG: String(config.app.tracesShare / 100),
        }),
    // Nginx sends the files that the application authorises, if the volume has them.
    ...(config.edge === undefined || config.bucket !== undefined ? {} : { MEDIA_ACCEL: mediaAccelPrefix }),
  };
}

function mediaEnvironment({ uploads, ...media }: MediaConfig) {
  return {
    UPLOADS: uploads,
    MEDIA_QUOTA: String(media.mediaQuota),
    MEDIA_QUOTA_FILES: String(media.mediaQuotaFiles),
    MEDIA_SHARE: String(media.mediaShare),
    ...(media.mediaReserve === undefined ? {} : { MEDIA_RESERVE: String(media.mediaReserve) }),
  };
}

function accountsEnvironment(accounts: AccountsConfig) {
  return {
    REGISTRATION: accounts.registration,
    SECOND_FACTOR: accounts.secondFactor,
    ...(accounts.apiDocs === undefined ? {} : { API_DOCS: accounts.apiDocs }),
    AUDIT_RETENTION: String(accounts.auditRetention),
    HISTORY_RETENTION: String(accounts.historyRetention),
    IDEMPOTENCY_RETENTION: String(accounts.idempotencyRetention),
  };
}

/** How people reach the application, and which proxies say the truth about them. */
function reachEnvironment(config: StackConfig): Record<string, string> {
  const addresses = publicAddresses(config);
  const [canonical] = addresses;
  const proxies = config.app.trustedProxies ?? [];
  // To the container, the host's own processes are the gateway of its network.
  const known = proxies.flatMap((range) => (isLoopback(range) ? [range, "gateway"] : [range]));
  // Nginx is the one proxy in front of the replicas, and nothing else reaches them.
  const trusted = config.edge === undefined ? [...new Set(known)].join(",") : "1";
  return {
    ...(canonical === undefined ? {} : { PUBLIC_URL: canonical, PUBLIC_URLS: addresses.join(",") }),
    ...(trusted === "" ? {} : { TRUST_PROXY: trusted }),
  };
}

function mailEnvironment(mail: StackConfig["mail"], secrets: string): Record<string, string> {
  if (mail === undefined) return {};
  const login = {
    SMTP_USER: mail.smtpUser ?? "",
    SMTP_PASSWORD_FILE: `${secrets}/${appSecretFiles.smtpPassword}`,
  };
  return {
    SMTP_URL: mail.smtpUrl,
    SMTP_TLS: mail.smtpTls,
    MAIL_FROM: mail.mailFrom,
    ...(mail.smtpUser === undefined ? {} : login),
  };
}

function bucketEnvironment(bucket: StackConfig["bucket"], secrets: string): Record<string, string> {
  if (bucket === undefined) return {};
  return {
    S3_ENDPOINT: bucket.s3Endpoint,
    S3_BUCKET: bucket.s3Bucket,
    S3_REGION: bucket.s3Region,
    S3_ACCESS_KEY: bucket.s3AccessKey,
    S3_SECRET_KEY_FILE: `${secrets}/${appSecretFiles.bucketSecretKey}`,
    S3_DELIVERY: bucket.s3Delivery,
  };
}

/**
 * Name of a release: its image, and what it is configured with. Equal names mean equal behaviour,
 * and a changed secret or setting is a release of its own.
 * @returns `<12 hex of the image>-<6 hex of the configuration>`
 */
export function releaseId(image: string, environment: Readonly<Record<string, string>>): string {
  const configuration = createHash("sha256").update(JSON.stringify(Object.entries(environment).sort()));
  return `${image}-${configuration.digest("hex").slice(0, 6)}`;
}
