import "./lean-sdk.ts";
import * as pulumi from "@pulumi/pulumi";
import { portOf } from "../stacks/stack-config.ts";
import { postgresImages } from "../images/catalogue.ts";
import { stackAddresses } from "./facts/addresses.ts";
import { appImages } from "./stack/app-images.ts";
import { replicaCheck } from "./resources/app-checks.ts";
import { edgeApp } from "./facts/edge-app.ts";
import { appRuntime } from "./resources/app-runtime.ts";
import { appSecrets, migrationSecrets } from "./stack/app-secrets.ts";
import { Adminer } from "./components/adminer.ts";
import { App } from "./components/app.ts";
import { hasBackupKey, IdleBackups } from "./components/backup-key.ts";
import { Backups } from "./components/backups.ts";
import { BackupImage } from "./components/backup-image.ts";
import { Cache } from "./components/cache.ts";
import { Canary } from "./components/canary.ts";
import { DatabaseRoles } from "./components/database-roles.ts";
import { Database } from "./components/database.ts";
import { Media } from "./components/media.ts";
import { Migration } from "./components/migration.ts";
import { Network } from "./components/network.ts";
import { ReleaseLog } from "./components/release-log.ts";
import { RetiredCredentials } from "./components/retired-credentials.ts";
import { TrafficSwitch } from "./components/traffic-switch.ts";
import { Worker } from "./components/worker.ts";
import { readBackupSecrets, readConfig } from "./config.ts";
import { makeProxy } from "./stack/proxy.ts";
import { readLastState } from "./facts/last-state.ts";
import { requireDataVersion } from "./stack/data-version.ts";
import { requireOwnData } from "./stack/own-data.ts";
import { stackRestarts } from "./stack/restarts.ts";
import { rollingOrder } from "./stack/rolling-order.ts";
import { stackContext } from "./stack/stack-context.ts";

const config = readConfig();
const context = stackContext(config);
const { baseImage, declaration, host, identity, onDocker } = context;
const state = await readLastState(identity.stack);
requireOwnData(identity, state);
await requireDataVersion(context, state);
const restarts = stackRestarts(context, state);
const debian = baseImage("debian");

const postgres = baseImage(postgresImages[config.database.postgresVersion]);
const network = new Network("network", { host, identity, held: restarts.held }, onDocker);

const database = new Database(
  "postgres",
  {
    host,
    identity,
    config: config.database,
    port: portOf(config, "postgres"),
    network,
    image: postgres,
    toolImage: debian,
    restart: restarts.postgres,
  },
  onDocker,
);
// The layer's applications have one login for requests and migrations.
const rights = context.declaration.runtime === "native" ? config.database.databaseRights : "owner";
const roles = new DatabaseRoles(
  "database-roles",
  {
    host,
    database,
    rotation: config.release.databaseRotation ?? "",
    rights,
  },
  onDocker,
);

const images = await appImages(context, debian);

const cache =
  config.cache &&
  restarts.redis &&
  new Cache(
    "redis",
    {
      host,
      identity,
      config: config.cache,
      network,
      image: baseImage("redis"),
      toolImage: debian,
      restart: restarts.redis,
    },
    onDocker,
  );

const media = new Media(
  "media",
  { host, identity, declaration, image: images.current.reference, toolImage: debian },
  onDocker,
);
const backups =
  config.backups &&
  new Backups(
    "backups",
    {
      host,
      identity,
      config: config.backups,
      database,
      internal: network.internal,
      media: config.bucket === undefined ? media.volume : undefined,
      image: new BackupImage("backup-image", { host, postgres }, onDocker).reference,
      toolImage: debian,
      secrets: readBackupSecrets(),
    },
    onDocker,
  );
if (backups === undefined && hasBackupKey("backups", state)) new IdleBackups("backups", onDocker);
const proxy = config.edge && (await makeProxy(context, { edge: config.edge, network, images, media }));

const secrets = appSecrets(
  context,
  { databaseUser: roles.app.user, database: roles.app.password, cache: cache?.password },
  debian,
);
const parts = { network, secrets, media: media.writable, databaseUser: roles.app.user };
const runtime = appRuntime(context, parts, images.current);
const canaryRuntime = images.canary && appRuntime(context, parts, images.canary);

const migration = new Migration(
  "migration",
  {
    ...(canaryRuntime ?? runtime),
    database: database.container.id,
    user: roles.migration.user,
    login: rights === "rows" ? migrationSecrets(context, roles.migration.password, debian) : undefined,
  },
  {
    ...onDocker,
    dependsOn: [
      roles.ready,
      ...(backups === undefined ? [] : [backups.restorePoint("before-migration", runtime.release)]),
    ],
  },
);
const afterMigration = { ...onDocker, dependsOn: migration.done };
const rolling =
  config.release.strategy === "rolling" && proxy
    ? { listener: proxy.listener, ready: proxy.ready, order: await rollingOrder(context) }
    : undefined;
const app = new App(
  "app",
  { ...runtime, rolling },
  {
    ...onDocker,
    dependsOn: [...migration.done, ...(rolling?.ready ?? [])],
  },
);
const canary = canaryRuntime && new Canary("canary", canaryRuntime, afterMigration);
// A release that a replica refuses is not to reach the only worker.
const beforeWorker = rolling ? { ...onDocker, dependsOn: [...app.ready] } : afterMigration;
const worker =
  config.app.jobs === "container" && declaration.worker !== undefined
    ? new Worker("worker", runtime, beforeWorker)
    : undefined;
const healthy = [...app.ready, ...[canary, worker].flatMap((part) => part?.ready ?? [])];

const { canary: share, canaryHeader } = config.release;
const traffic =
  config.edge &&
  proxy &&
  new TrafficSwitch(
    "traffic",
    {
      host,
      proxy: proxy.container.id,
      image: proxy.image,
      edge: config.edge,
      locale: config.locale,
      app: edgeApp(declaration),
      port: declaration.port,
      check: replicaCheck(declaration),
      release: runtime.release,
      bakeTime: config.release.bakeTime,
      replicas: app.containers,
      canary:
        canaryRuntime && canary && share !== undefined
          ? { release: canaryRuntime.release, container: canary.container, share, header: canaryHeader }
          : undefined,
    },
    { ...onDocker, dependsOn: [...proxy.ready, ...healthy] },
  );
const afterSwitch = { ...onDocker, dependsOn: traffic?.switched ?? healthy };

new RetiredCredentials(
  "retired-credentials",
  {
    host,
    identity,
    database: database.container.id,
    roles: roles.waiting,
    releases: [runtime, canaryRuntime].flatMap((running) => running?.release ?? []),
    grace: config.app.drainTimeout,
  },
  afterSwitch,
);
new ReleaseLog(
  "release",
  {
    host,
    identity,
    keep: config.release.keepReleases,
    release: runtime.release,
    image: images.current.reference,
    secrets: secrets.version,
  },
  afterSwitch,
);

const adminerPort = portOf(config, "adminer");
if (adminerPort !== undefined) {
  const image = baseImage("adminer");
  new Adminer("adminer", { host, identity, network, image, port: adminerPort }, onDocker);
}

/** Where the parts answer. */
export const addresses = stackAddresses(config);
/** What runs: the image and its configuration. */
export const release = runtime.release;
export const databaseUser = roles.app.user;
/** Known once every replica is healthy. */
export const replicas = pulumi.all(app.ready.map((ready) => ready.urn)).apply((ready) => ready.length);
