import * as pulumi from "@pulumi/pulumi";
import { stackAddresses } from "./addresses.ts";
import { appEnvironment, appSecretFiles, releaseId } from "./app-environment.ts";
import { Adminer } from "./components/adminer.ts";
import { AppImage } from "./components/app-image.ts";
import { appUser, type AppRuntime } from "./components/app-runtime.ts";
import { App } from "./components/app.ts";
import { BaseImage } from "./components/base-image.ts";
import { Canary } from "./components/canary.ts";
import { Cache } from "./components/cache.ts";
import { Certificates } from "./components/certificates.ts";
import { DatabaseRoles } from "./components/database-roles.ts";
import { Database } from "./components/database.ts";
import { Migration } from "./components/migration.ts";
import { Network } from "./components/network.ts";
import { ReverseProxy } from "./components/reverse-proxy.ts";
import { ReleaseLog } from "./components/release-log.ts";
import { RetiredCredentials } from "./components/retired-credentials.ts";
import { SecretFiles } from "./components/secret-files.ts";
import { SessionKeys } from "./components/session-keys.ts";
import { StaticFiles } from "./components/static-files.ts";
import { TrafficSwitch } from "./components/traffic-switch.ts";
import { Worker } from "./components/worker.ts";
import { readEdgeCredentials, readShape, readServiceSecrets } from "./config.ts";
import { dockerHost } from "./host.ts";
import { readMigrations } from "./migrations/read-migrations.ts";
import type { baseImages } from "./images.ts";

const shape = readShape();
const identity = { project: pulumi.getProject(), stack: shape.stack };
const host = dockerHost(shape.dockerHost);
const onDocker = { providers: [host.provider] };

const baseImage = (name: keyof typeof baseImages) =>
  new BaseImage(`base-${name}`, { name, source: shape.imageSource, host }).reference;
const debian = baseImage("debian");

const network = new Network("network", { identity }, onDocker);

const database = new Database(
  "postgres",
  { host, identity, shape: shape.database, network, image: baseImage("postgres"), toolImage: debian },
  onDocker,
);
const roles = new DatabaseRoles(
  "database-roles",
  { host, database, rotation: shape.release.rotation.database },
  onDocker,
);

const migrations = await readMigrations("app/src");
const buildImage = (name: string) =>
  new AppImage(
    name,
    {
      source: {
        identity,
        context: "app",
        buildArgs: { NODE_IMAGE: baseImage("node"), RUNTIME_IMAGE: debian },
        machineCa: baseImage("machine-ca"),
        migrations,
      },
    },
    onDocker,
  );
const { image: pinned, canary: canaryShare } = shape.release;
const appImage =
  pinned === undefined ? buildImage("app-image") : new AppImage("app-image", { source: pinned }, onDocker);

const cache =
  shape.cache === undefined
    ? undefined
    : new Cache(
        "redis",
        {
          host,
          identity,
          limits: shape.cache,
          network,
          rotation: shape.release.rotation.cache,
          image: baseImage("redis"),
          toolImage: debian,
        },
        onDocker,
      );

const sessionKeys = new SessionKeys("session-keys", {
  rotation: shape.release.rotation.session,
  overlap: shape.release.keyOverlap,
});
const { smtpPassword, bucketSecretKey } = readServiceSecrets();
const secrets = new SecretFiles(
  "app-secrets",
  {
    host,
    identity,
    owner: appUser,
    image: debian,
    files: {
      [appSecretFiles.databasePassword]: roles.password,
      [appSecretFiles.sessionKeys]: sessionKeys.ring,
      ...(cache === undefined ? {} : { [appSecretFiles.cachePassword]: cache.password }),
      ...(smtpPassword === undefined ? {} : { [appSecretFiles.smtpPassword]: smtpPassword }),
      ...(bucketSecretKey === undefined ? {} : { [appSecretFiles.bucketSecretKey]: bucketSecretKey }),
    },
  },
  onDocker,
);
const settings = pulumi
  .all([secrets.directory, roles.user])
  .apply(([directory, databaseUser]) => appEnvironment(shape, { databaseUser, secrets: directory }));
/** An image with the stack's configuration: what containers are made from. */
function runtimeOf(image: AppImage): AppRuntime {
  const id = pulumi.all([image.release, settings]).apply(([content, values]) => releaseId(content, values));
  return {
    host,
    identity,
    shape,
    network,
    secrets,
    release: id,
    image: image.reference,
    environment: pulumi
      .all([settings, id])
      .apply(([values, RELEASE]): Record<string, string> => ({ ...values, RELEASE })),
  };
}
const runtime = runtimeOf(appImage);
const canaryImage = canaryShare === undefined ? undefined : buildImage("canary-image");
const tried = canaryImage === undefined ? undefined : runtimeOf(canaryImage);
/** What runs: the image and its configuration. */
export const release = runtime.release;

const migration = new Migration(
  "migration",
  { ...(tried ?? runtime), database: database.container.id },
  { ...onDocker, dependsOn: roles.ready },
);
const afterMigration = { ...onDocker, dependsOn: migration.done };
const app = new App("app", runtime, afterMigration);
const canary =
  tried === undefined ? undefined : new Canary("canary", { ...tried, media: app.media }, afterMigration);
const worker = shape.app.worker
  ? new Worker("worker", { ...runtime, media: app.media }, afterMigration)
  : undefined;
let serving: pulumi.Resource[] = [...app.ready, ...(worker === undefined ? [] : [worker.ready])];

if (shape.edge !== undefined && shape.edgeLimits !== undefined) {
  const nginx = baseImage("nginx");
  const assets = new StaticFiles(
    "assets",
    {
      host,
      identity,
      images: [appImage, ...(canaryImage === undefined ? [] : [canaryImage])],
      keep: shape.release.keep,
    },
    onDocker,
  );
  const proxy = new ReverseProxy(
    "edge",
    {
      host,
      identity,
      image: nginx,
      shape: shape.edge,
      limits: shape.edgeLimits.proxy,
      network: network.edge,
      media: app.media,
      assets: assets.volume,
    },
    onDocker,
  );
  new Certificates(
    "certificates",
    {
      host,
      identity,
      images: { certbot: baseImage("certbot"), nginx },
      shape: shape.edge,
      limits: shape.edgeLimits.certbot,
      network: network.edge,
      certificates: proxy.certificates,
      webroot: proxy.webroot,
      ...readEdgeCredentials(),
    },
    { ...onDocker, dependsOn: proxy.admitted },
  );
  const traffic = new TrafficSwitch(
    "traffic",
    {
      host,
      proxy: proxy.container.id,
      image: nginx,
      shape: shape.edge,
      locale: shape.locale,
      release,
      bakeTime: shape.release.bakeTime,
      replicas: app.containers,
      ...(canary === undefined || canaryShare === undefined
        ? {}
        : { canary: { container: canary.container, share: canaryShare } }),
    },
    {
      ...onDocker,
      dependsOn: [
        proxy.admitted,
        ...assets.published,
        ...serving,
        ...(canary === undefined ? [] : [canary.ready]),
      ],
    },
  );
  serving = [traffic.switched];
}

new RetiredCredentials(
  "retired-credentials",
  {
    host,
    identity,
    database: database.container.id,
    role: roles.waiting,
    releases: [runtime, ...(tried === undefined ? [] : [tried])].map((running) => running.release),
    grace: shape.app.drainTimeout,
  },
  { ...onDocker, dependsOn: serving },
);
new ReleaseLog(
  "release",
  {
    host,
    identity,
    release,
    image: appImage.reference,
    secrets: secrets.version,
    keep: shape.release.keep,
  },
  { ...onDocker, dependsOn: serving },
);

if (shape.adminer !== undefined) {
  const image = baseImage("adminer");
  new Adminer("adminer", { host, identity, network, image, port: shape.adminer }, onDocker);
}

/** Where the parts answer. */
export const addresses = stackAddresses(shape);
export const databaseUser = roles.user;
export const databasePassword = roles.password;
/** Known once every replica is healthy. */
export const replicas = pulumi.all(app.ready.map((ready) => ready.urn)).apply((ready) => ready.length);
