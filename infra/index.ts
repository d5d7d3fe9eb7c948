import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { stackAddresses } from "./addresses.ts";
import { appEnvironment, appSecretFiles, releaseId } from "./app-environment.ts";
import { Adminer } from "./components/adminer.ts";
import { AppImage } from "./components/app-image.ts";
import { appUser } from "./components/app-runtime.ts";
import { App } from "./components/app.ts";
import { BaseImage } from "./components/base-image.ts";
import { Cache } from "./components/cache.ts";
import { Certificates } from "./components/certificates.ts";
import { DatabaseRoles } from "./components/database-roles.ts";
import { Database } from "./components/database.ts";
import { Migration } from "./components/migration.ts";
import { Network } from "./components/network.ts";
import { ReverseProxy } from "./components/reverse-proxy.ts";
import { SecretFiles } from "./components/secret-files.ts";
import { StaticFiles } from "./components/static-files.ts";
import { TrafficSwitch } from "./components/traffic-switch.ts";
import { Worker } from "./components/worker.ts";
import { readEdgeCredentials, readShape, readServiceSecrets } from "./config.ts";
import { dockerHost } from "./host.ts";
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
const roles = new DatabaseRoles("database-roles", { host, database }, onDocker);

const appImage = new AppImage(
  "app-image",
  {
    context: "app",
    buildArgs: { NODE_IMAGE: baseImage("node"), RUNTIME_IMAGE: debian },
    machineCa: baseImage("machine-ca"),
  },
  onDocker,
);

const cache =
  shape.cache === undefined
    ? undefined
    : new Cache(
        "redis",
        { host, identity, limits: shape.cache, network, image: baseImage("redis"), toolImage: debian },
        onDocker,
      );

const sessionKey = new random.RandomPassword("session-key", { length: 64, special: false }).result;
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
      [appSecretFiles.sessionKeys]: sessionKey,
      ...(cache === undefined ? {} : { [appSecretFiles.cachePassword]: cache.password }),
      ...(smtpPassword === undefined ? {} : { [appSecretFiles.smtpPassword]: smtpPassword }),
      ...(bucketSecretKey === undefined ? {} : { [appSecretFiles.bucketSecretKey]: bucketSecretKey }),
    },
  },
  onDocker,
);
const settings = secrets.directory.apply((directory) =>
  appEnvironment(shape, { databaseUser: roles.user, secrets: directory }),
);
/** What runs: the image and its configuration. */
export const release = pulumi
  .all([appImage.release, settings])
  .apply(([image, values]) => releaseId(image, values));
const runtime = {
  host,
  identity,
  shape,
  network,
  secrets,
  release,
  image: appImage.reference,
  environment: pulumi
    .all([settings, release])
    .apply(([values, id]): Record<string, string> => ({ ...values, RELEASE: id })),
};
const migration = new Migration(
  "migration",
  { ...runtime, database: database.container.id },
  { ...onDocker, dependsOn: roles.ready },
);
const app = new App("app", runtime, { ...onDocker, dependsOn: migration.done });
if (shape.app.worker) {
  new Worker("worker", { ...runtime, media: app.media }, { ...onDocker, dependsOn: migration.done });
}

if (shape.edge !== undefined && shape.edgeLimits !== undefined) {
  const nginx = baseImage("nginx");
  const assets = new StaticFiles(
    "assets",
    { host, identity, image: appImage.reference, imageRelease: appImage.release },
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
  new TrafficSwitch(
    "traffic",
    {
      host,
      proxy: proxy.container.id,
      image: nginx,
      shape: shape.edge,
      locale: shape.locale,
      release,
      containers: app.containers.map((container) => container.id),
      upstreams: pulumi
        .all(app.containers.map((container) => container.name))
        .apply((names) => names.map((address) => ({ address, port: 8000, weight: 1 }))),
    },
    { ...onDocker, dependsOn: [proxy.admitted, assets.published, ...app.ready] },
  );
}

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
