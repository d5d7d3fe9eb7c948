import { createHash } from "node:crypto";
import { isLoopback } from "../stacks/reach.ts";
import type { AccountsShape, StackShape } from "../stacks/shape.ts";
import { publicAddresses } from "./addresses.ts";
import { cacheHost } from "./components/cache.ts";
import { databaseHost, databaseName } from "./components/database.ts";
import { mediaAccelPrefix } from "./rendering/nginx-maps.ts";

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
} as const;

/** Port of /metrics inside the application's containers. */
export const metricsPort = 9464;

/** What the file of a module's secret begins with. */
export const ownSecretPrefix = "own-";

/** Environment of every container made from the application's image, but RELEASE. None of it is secret: secrets are files. */
export function appEnvironment(shape: StackShape, wiring: AppWiring): Record<string, string> {
  return {
    STACK: shape.stack,
    APP_ENV: shape.app.environment,
    HOST: "0.0.0.0",
    PORT: "8000",
    METRICS_PORT: String(metricsPort),
    WORKERS: String(shape.app.workers),
    JOBS: shape.app.worker ? "worker" : "inline",
    RATE_LIMIT: String(shape.app.rateLimit),
    DRAIN_TIMEOUT: String(shape.app.drainTimeout),
    DATABASE_HOST: databaseHost,
    DATABASE_PORT: "5432",
    DATABASE_NAME: databaseName,
    DATABASE_USER: wiring.databaseUser,
    DATABASE_PASSWORD_FILE: `${wiring.secrets}/${appSecretFiles.databasePassword}`,
    DATABASE_POOL_MAX: String(shape.database.poolMax),
    ...(shape.app.secrets.length === 0 ? {} : { SECRETS_PREFIX: `${wiring.secrets}/${ownSecretPrefix}` }),
    SESSION_KEYS_FILE: `${wiring.secrets}/${appSecretFiles.sessionKeys}`,
    MEDIA_DIR: "/var/lib/app/media",
    LOCALE: shape.locale,
    TIME_ZONE: shape.timeZone,
    LOG_LEVEL: shape.app.logLevel,
    ...reachEnvironment(shape),
    ...accountsEnvironment(shape.app.accounts),
    ...(shape.cache === undefined
      ? {}
      : {
          REDIS_URL: `redis://${cacheHost}:6379`,
          REDIS_PASSWORD_FILE: `${wiring.secrets}/${appSecretFiles.cachePassword}`,
        }),
    ...mailEnvironment(shape.mail, wiring.secrets),
    ...bucketEnvironment(shape.bucket, wiring.secrets),
    ...(shape.app.traces === undefined
      ? {}
      : {
          OTEL_EXPORTER_OTLP_ENDPOINT: shape.app.traces.endpoint,
          OTEL_TRACES_SAMPLER_ARG: String(shape.app.traces.share),
        }),
    // Nginx sends the files that the application authorises, where the volume has them.
    ...(shape.edge === undefined || shape.bucket !== undefined ? {} : { MEDIA_ACCEL: mediaAccelPrefix }),
  };
}

function accountsEnvironment({ registration, secondFactor, apiDocs, retention }: AccountsShape) {
  return {
    REGISTRATION: registration,
    SECOND_FACTOR: secondFactor,
    ...(apiDocs === undefined ? {} : { API_DOCS: apiDocs }),
    AUDIT_RETENTION: String(retention.auditDays),
    HISTORY_RETENTION: String(retention.historyDays),
    IDEMPOTENCY_RETENTION: String(retention.idempotencyHours),
  };
}

/** How people reach the application, and which proxies say the truth about them. */
function reachEnvironment(shape: StackShape): Record<string, string> {
  const addresses = publicAddresses(shape);
  const [canonical] = addresses;
  const proxies = shape.app.trustedProxies ?? [];
  // To the container, the host's own processes are the gateway of its network.
  const known = proxies.flatMap((range) => (isLoopback(range) ? [range, "gateway"] : [range]));
  // Nginx is the one proxy in front of the replicas, and nothing else reaches them.
  const trusted = shape.edge === undefined ? [...new Set(known)].join(",") : "1";
  return {
    ...(canonical === undefined ? {} : { PUBLIC_URL: canonical, PUBLIC_URLS: addresses.join(",") }),
    ...(trusted === "" ? {} : { TRUST_PROXY: trusted }),
  };
}

function mailEnvironment(mail: StackShape["mail"], secrets: string): Record<string, string> {
  if (mail === undefined) return {};
  const login = {
    SMTP_USER: mail.user ?? "",
    SMTP_PASSWORD_FILE: `${secrets}/${appSecretFiles.smtpPassword}`,
  };
  return {
    SMTP_URL: mail.url,
    SMTP_TLS: mail.tls,
    MAIL_FROM: mail.from,
    ...(mail.user === undefined ? {} : login),
  };
}

function bucketEnvironment(bucket: StackShape["bucket"], secrets: string): Record<string, string> {
  if (bucket === undefined) return {};
  return {
    S3_ENDPOINT: bucket.endpoint,
    S3_BUCKET: bucket.name,
    S3_REGION: bucket.region,
    S3_ACCESS_KEY: bucket.accessKey,
    S3_SECRET_KEY_FILE: `${secrets}/${appSecretFiles.bucketSecretKey}`,
    S3_DELIVERY: bucket.delivery,
  };
}

/**
 * Name of a release: its image, and what it is configured with. Equal names mean equal behaviour, and a changed secret
 * or setting is a release of its own.
 * @returns `<12 hex of the image>-<6 hex of the configuration>`
 */
export function releaseId(image: string, environment: Readonly<Record<string, string>>): string {
  const configuration = createHash("sha256").update(JSON.stringify(Object.entries(environment).sort()));
  return `${image}-${configuration.digest("hex").slice(0, 6)}`;
}
