import type { z } from "zod";
import { accountFields } from "./accounts.ts";
import { alertFields, alertsConfig } from "./alerts.ts";
import { appFields, appPort, logLevelField, processesField } from "./app.ts";
import { backupFields, backupsConfig, backupsField } from "./backups.ts";
import { bucketConfig, bucketFields } from "./bucket.ts";
import { cacheConfig, cacheFields } from "./cache.ts";
import { databaseFields, databaseToolFields } from "./database.ts";
import { edgeConfig, edgeFields, sharedProxyFields } from "./edge.ts";
import { hostAddress, wholeNumber, type Read } from "./field.ts";
import { mediaFields } from "./media.ts";
import { mailConfig, mailFields } from "./mail.ts";
import { basicReachFields } from "./reach.ts";
import { registryConfig, registryFields } from "./registry.ts";
import { releaseFields, trafficFields, withoutTraffic } from "./release.ts";
import { secretsFromFields } from "./secrets-from.ts";
import { stackFields, type StackConfig, type StackKind } from "./stack-config.ts";

/** A kind of stack: the settings that it takes, and the configuration that they make. */
export interface Kind {
  /** Schema of every setting, by name; `description` says what it is for. */
  readonly fields: Readonly<Record<string, z.ZodType>>;
  /** @param read settings; all of them are valid one by one */
  readonly config: (stack: string, read: Read) => StackConfig;
}

const everyStack = {
  ...stackFields,
  ...appFields,
  ...accountFields,
  ...releaseFields,
  ...databaseFields,
  ...bucketFields,
  ...mediaFields,
  ...backupFields,
  ...secretsFromFields,
};

/** What every kind has in the same way. */
function shared(stack: string, read: Read) {
  return {
    stack,
    ...read({ ...stackFields, ...secretsFromFields }),
    accounts: read(accountFields),
    database: read(databaseFields),
    bucket: bucketConfig(read(bucketFields)),
    media: read(mediaFields),
    backups: backupsConfig(read(backupFields)),
    registry: undefined,
    edge: undefined,
    sharedProxy: undefined,
    cache: undefined,
    mail: undefined,
    alerts: undefined,
  };
}

const devApp = {
  ...appFields,
  appPort: appPort.describe("Port of the application on 127.0.0.1."),
  logLevel: logLevelField("debug"),
};

/**
 * Development on one's own machine: source mounted, hot reload, sample data, Adminer, every port on
 * loopback.
 */
const dev: Kind = {
  fields: { ...everyStack, ...devApp, ...databaseToolFields },
  config: (stack, read) => ({
    ...shared(stack, read),
    kind: "dev",
    app: {
      ...read(devApp),
      replicas: 1,
      processes: 1,
      appAddress: "127.0.0.1",
      jobs: "inline",
      environment: "development",
      hotReload: true,
      sampleData: true,
    },
    release: { ...read(releaseFields), ...withoutTraffic },
    database: read({ ...databaseFields, ...databaseToolFields }),
  }),
};

const basicApp = {
  ...appFields,
  appPort: appPort.describe("Port of the application."),
  appAddress: hostAddress
    .default("127.0.0.1")
    .describe(
      "Host address that the application's port is bound to; 0.0.0.0 opens it to the network, unencrypted.",
    ),
  ...basicReachFields,
  processes: processesField(3),
  logLevel: logLevelField("info"),
};

/** One application container and Postgres, the application's port published without a proxy. */
const basic: Kind = {
  fields: { ...everyStack, ...registryFields, ...mailFields, ...alertFields, ...basicApp },
  config: (stack, read) => {
    const release = { ...read(releaseFields), ...withoutTraffic };
    return {
      ...shared(stack, read),
      kind: "basic",
      app: {
        ...read(basicApp),
        replicas: 1,
        jobs: "inline",
        environment: "production",
        hotReload: false,
        sampleData: false,
      },
      release,
      registry: registryConfig(read(registryFields), release),
      mail: mailConfig(read(mailFields)),
      alerts: alertsConfig(read(alertFields)),
    };
  },
};

const prodApp = {
  ...appFields,
  replicas: wholeNumber(1, 64).default(4).describe("Application containers."),
  processes: processesField(1),
  logLevel: logLevelField("info"),
};

/** What people keep in production is backed up unless the settings say otherwise. */
const prodBackups = { ...backupFields, backups: backupsField(true) };

/**
 * Replicas, a worker and Postgres on networks of their own; Nginx and Certbot in front once the
 * stack has a domain.
 */
const prod: Kind = {
  fields: {
    ...everyStack,
    ...prodApp,
    ...trafficFields,
    ...registryFields,
    ...edgeFields,
    ...cacheFields,
    ...mailFields,
    ...alertFields,
    ...prodBackups,
  },
  config: (stack, read) => {
    const app = read(prodApp);
    const release = read({ ...releaseFields, ...trafficFields });
    return {
      ...shared(stack, read),
      kind: "prod",
      app: {
        ...app,
        appAddress: "127.0.0.1",
        jobs: "container",
        environment: "production",
        hotReload: false,
        sampleData: false,
      },
      release,
      registry: registryConfig(read(registryFields), release),
      edge: edgeConfig(read(edgeFields), app.drainTimeout),
      cache: cacheConfig(read(cacheFields)),
      backups: backupsConfig(read(prodBackups)),
      mail: mailConfig(read(mailFields)),
      alerts: alertsConfig(read(alertFields)),
    };
  },
};

/** Nginx alone: it owns a host's ports, and passes connections on to the stacks that join it. */
const proxy: Kind = {
  fields: {
    imageSource: stackFields.imageSource,
    dockerHost: stackFields.dockerHost,
    requireEncryptedDisk: stackFields.requireEncryptedDisk,
    drainTimeout: appFields.drainTimeout,
    ...sharedProxyFields,
  },
  config: (stack, read) => ({
    ...shared(stack, read),
    kind: "proxy",
    app: {
      ...read(prodApp),
      replicas: 0,
      appAddress: "127.0.0.1",
      jobs: "inline",
      environment: "production",
      hotReload: false,
      sampleData: false,
    },
    release: { ...read(releaseFields), ...withoutTraffic },
    sharedProxy: { ...read(edgeFields), domain: [], drainTimeout: read(appFields).drainTimeout },
  }),
};

/** The kinds of stack by name. */
export const kinds: Readonly<Record<StackKind, Kind>> = { dev, basic, prod, proxy };
