import * as pulumi from "@pulumi/pulumi";
import type { Backups } from "../components/backups.ts";
import type { Database } from "../components/database.ts";
import type { Media } from "../components/media.ts";
import type { Network } from "../components/network.ts";
import { portOf } from "../../stacks/stack-config.ts";
import { replicaCheck } from "../resources/app-checks.ts";
import { edgeApp } from "../facts/edge-app.ts";
import { appRuntime } from "../resources/app-runtime.ts";
import { appSecrets, migrationSecrets } from "./app-secrets.ts";
import { Adminer } from "../components/adminer.ts";
import { App } from "../components/app.ts";
import { Cache } from "../components/cache.ts";
import { Canary } from "../components/canary.ts";
import { DatabaseRoles } from "../components/database-roles.ts";
import { Migration } from "../components/migration.ts";
import { ReleaseLog } from "../components/release-log.ts";
import { RetiredCredentials } from "../components/retired-credentials.ts";
import { TrafficSwitch } from "../components/traffic-switch.ts";
import { Worker } from "../components/worker.ts";
import { joinSharedProxy } from "./joined-proxy.ts";
import { makeProxy } from "./proxy.ts";
import { makeWatcher } from "./watcher.ts";
import { rollingOrder } from "./rolling-order.ts";
import type { AppImages } from "./app-images.ts";
import type { StackRestarts } from "./restarts.ts";
import type { StackContext } from "./stack-context.ts";

/** What holds the data of a stack; it has to be there first. */
export interface DataParts {
  readonly network: Network;
  readonly database: Database;
  readonly media: Media;
  readonly backups: Backups | undefined;
  readonly images: AppImages;
  readonly restarts: StackRestarts;
}

/** What serves requests, and can be asked about once it does. */
export interface Serving {
  /** What runs: the image and its configuration. */
  readonly release: pulumi.Output<string>;
  readonly databaseUser: pulumi.Output<string>;
  /** Known once every replica is healthy. */
  readonly replicas: pulumi.Output<number>;
}

/** Everything that serves requests: it reads from top to bottom as it is built. */
export async function servingParts(
  context: StackContext,
  { backups, database, images, media, network, restarts }: DataParts,
): Promise<Serving> {
  const { baseImage, config, declaration, host, identity, onDocker } = context;
  const debian = baseImage("debian");

  // The layer's applications have one login for requests and migrations.
  const rights = declaration.runtime === "native" ? config.database.databaseRights : "owner";
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
    proxy &&
    new TrafficSwitch(
      "traffic",
      {
        host,
        proxy: proxy.container.id,
        image: proxy.image,
        edge: proxy.edge,
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
  if (proxy && traffic) joinSharedProxy(context, proxy.edge, traffic);
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

  if (config.alerts !== undefined) {
    makeWatcher(
      context,
      config.alerts,
      {
        network,
        database: database.container.id,
        release: runtime.release,
        handed: backups?.handed,
      },
      afterSwitch,
    );
  }

  const adminerPort = portOf(config, "adminer");
  if (adminerPort !== undefined) {
    const image = baseImage("adminer");
    new Adminer("adminer", { host, identity, network, image, port: adminerPort }, onDocker);
  }

  return {
    release: runtime.release,
    databaseUser: roles.app.user,
    replicas: pulumi.all(app.ready.map((ready) => ready.urn)).apply((ready) => ready.length),
  };
}
