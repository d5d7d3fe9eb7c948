import type { Declaration } from "../../declaration/read-declaration.ts";
import type { PlainValue, settingValues } from "../../declaration/values.ts";
import { isLoopback } from "../../stacks/reach.ts";
import type { StackConfig } from "../../stacks/stack-config.ts";
import { mediaAccelPrefix } from "../rendering/edge-paths.ts";
import { publicAddresses } from "./addresses.ts";
import { cacheHost, databaseHost, databaseName } from "./stack-names.ts";

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
  /** Variables with secrets in them, which berth's layer sets inside the process. */
  environment: "environment.json",
} as const;

/** Port of metrics inside the application's containers. */
const metricsPort = 9464;

/** What the file of one of the application's own secrets begins with. */
export const ownSecretPrefix = "own-";

type Known<Name extends string> = Readonly<Record<Name, string | number | undefined>>;
type SettingValue = `settings.${(typeof settingValues)[number]}`;

/** Every value that the templates of `env` may name; undefined for what the stack does not have. */
export function appValues(
  config: StackConfig,
  app: Declaration,
  wiring: AppWiring,
): Record<string, string | undefined> {
  const values: Known<PlainValue> & Known<SettingValue> = {
    ...ofStack(config, app),
    ...ofServices(config, wiring),
    ...ofSettings(config),
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === undefined ? undefined : String(value)]),
  );
}

function ofStack(config: StackConfig, app: Declaration) {
  const addresses = publicAddresses(config);
  const [canonical] = addresses;
  return {
    stack: config.stack,
    environment: config.app.environment,
    port: app.port,
    metricsPort,
    publicUrl: canonical,
    publicUrls: canonical === undefined ? undefined : addresses.join(","),
    trustProxy: trustedBy(config),
    processes: config.app.processes,
    jobs: config.app.jobs === "container" && app.worker !== undefined ? "worker" : "inline",
    drainTimeout: config.app.drainTimeout,
    locale: config.locale,
    timeZone: config.timeZone,
    logLevel: config.app.logLevel,
    uploads: app.uploads,
    // Nginx sends the files that the application authorises, if the volume has them.
    mediaAccel: config.edge === undefined || config.bucket !== undefined ? undefined : mediaAccelPrefix,
  };
}

/** Which proxies say the truth about visitors. */
function trustedBy({ app, edge }: StackConfig): string | undefined {
  // Nginx is the one proxy in front of the replicas, and nothing else reaches them.
  if (edge !== undefined) return "1";
  // To the container, the host's own processes are the gateway of its network.
  const known = (app.trustedProxies ?? []).flatMap((range) =>
    isLoopback(range) ? [range, "gateway"] : [range],
  );
  return known.length === 0 ? undefined : [...new Set(known)].join(",");
}

function ofServices(
  { app, bucket, cache, database, mail, trustedCa }: StackConfig,
  { databaseUser, secrets }: AppWiring,
) {
  const file = (name: string, there: boolean) => (there ? `${secrets}/${name}` : undefined);
  return {
    "database.host": databaseHost,
    "database.port": 5432,
    "database.name": databaseName,
    "database.user": databaseUser,
    "database.poolMax": database.databasePoolMax,
    "cache.url": cache && `redis://${cacheHost}:6379`,
    "cache.host": cache && cacheHost,
    "cache.port": cache && 6379,
    "smtp.url": mail?.smtpUrl,
    "smtp.tls": mail?.smtpTls,
    "smtp.user": mail?.smtpUser,
    "smtp.from": mail?.mailFrom,
    "s3.endpoint": bucket?.s3Endpoint,
    "s3.bucket": bucket?.s3Bucket,
    "s3.region": bucket?.s3Region,
    "s3.accessKey": bucket?.s3AccessKey,
    "s3.delivery": bucket?.s3Delivery,
    "traces.endpoint": app.tracesEndpoint,
    "traces.share": app.tracesEndpoint === undefined ? undefined : app.tracesShare / 100,
    "file.databasePassword": file(appSecretFiles.databasePassword, true),
    "file.sessionKeys": file(appSecretFiles.sessionKeys, true),
    "file.cachePassword": file(appSecretFiles.cachePassword, cache !== undefined),
    "file.smtpPassword": file(appSecretFiles.smtpPassword, mail?.smtpUser !== undefined),
    "file.s3SecretKey": file(appSecretFiles.bucketSecretKey, bucket !== undefined),
    "file.trustedCa": file(appSecretFiles.trustedCa, trustedCa !== undefined),
    "file.secrets": file(ownSecretPrefix, app.secrets.length > 0),
  };
}

function ofSettings({ accounts, app, media }: StackConfig) {
  return {
    "settings.rateLimit": app.rateLimit,
    "settings.siteName": accounts.siteName,
    "settings.siteColour": accounts.siteColour,
    "settings.siteLogo": accounts.siteLogo,
    "settings.registration": accounts.registration,
    "settings.secondFactor": accounts.secondFactor,
    "settings.apiDocs": accounts.apiDocs,
    "settings.auditRetention": accounts.auditRetention,
    "settings.historyRetention": accounts.historyRetention,
    "settings.idempotencyRetention": accounts.idempotencyRetention,
    "settings.uploads": media.uploads,
    "settings.mediaQuota": media.mediaQuota,
    "settings.mediaQuotaFiles": media.mediaQuotaFiles,
    "settings.mediaShare": media.mediaShare,
    "settings.mediaReserve": media.mediaReserve,
  };
}
