import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { DatabaseConfig } from "../../stacks/database.ts";
import type { PublishedPort } from "../../stacks/stack-config.ts";
import { containerDefaults, containerOptions, healthcheck } from "../policy/container-defaults.ts";
import type { Host, Identity } from "../policy/host.ts";
import { databaseLimits } from "../policy/limits.ts";
import { admission } from "../resources/admission.ts";
import { dataVolume } from "../resources/data-volume.ts";
import { databaseHost } from "../facts/stack-names.ts";
import type { Network } from "./network.ts";
import { publishedPorts } from "../policy/published-ports.ts";
import { SecretFiles } from "./secret-files.ts";

export interface DatabaseArgs {
  host: Host;
  identity: Identity;
  config: DatabaseConfig;
  /** Host port, for development tools. */
  port: PublishedPort | undefined;
  network: Network;
  /** Postgres image. */
  image: pulumi.Input<string>;
  /** Image with a shell, for writing secret files. */
  toolImage: pulumi.Input<string>;
}

/** Postgres's uid and gid in the official image and in ours. */
const postgresUser = 999;

/** Seconds that Postgres may take for its shutdown checkpoint. */
const shutdownGrace = 90;

/** Postgres on a volume that outlives it, reached as `postgres` on the internal network. */
export class Database extends pulumi.ComponentResource {
  readonly container: docker.Container;
  readonly superuserPassword: pulumi.Output<string>;
  /** Known once Postgres answers; what needs a running database waits for it. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Database", name, {}, opts);
    const { host, identity, config, port } = args;
    const limits = databaseLimits(config);
    const volume = dataVolume(identity, name, this);
    this.superuserPassword = new random.RandomPassword(
      `${name}-superuser`,
      { length: 40, special: false },
      { parent: this },
    ).result;
    const secrets = new SecretFiles(
      `${name}-secrets`,
      {
        host,
        identity,
        files: { "superuser-password": this.superuserPassword },
        owner: postgresUser,
        image: args.toolImage,
      },
      { parent: this },
    );
    this.container = new docker.Container(
      name,
      {
        ...containerDefaults({
          identity,
          part: name,
          limits,
          grace: shutdownGrace,
          tmpfs: {
            "/run/postgresql": `rw,noexec,nosuid,nodev,size=1m,uid=${postgresUser},gid=${postgresUser}`,
          },
        }),
        image: args.image,
        // The volume takes over the image's ownership of its mount point, so nothing has to start
        // as root.
        user: `${postgresUser}:${postgresUser}`,
        command: [
          "postgres",
          "-c",
          `max_connections=${config.databaseMaxConnections}`,
          "-c",
          // A quarter of the memory:
          // https://www.postgresql.org/docs/17/runtime-config-resource.html
          `shared_buffers=${Math.floor(limits.memory / 4)}MB`,
        ],
        envs: [
          pulumi.interpolate`POSTGRES_PASSWORD_FILE=${secrets.directory}/superuser-password`,
          "POSTGRES_INITDB_ARGS=--auth-host=scram-sha-256 --data-checksums",
          "PGDATA=/var/lib/postgresql/data/pgdata",
        ],
        mounts: [
          { type: "volume", source: volume.name, target: "/var/lib/postgresql/data" },
          { type: "volume", source: secrets.volume, target: secrets.mountPoint, readOnly: true },
        ],
        // Parallel queries share memory here; Docker's default of 64 MB is soon used up.
        shmSize: 256,
        networksAdvanced: [
          { name: args.network.internal, aliases: [databaseHost] },
          ...(port === undefined ? [] : [{ name: args.network.edge }]),
        ],
        ports: publishedPorts(5432, port),
        healthcheck: healthcheck(readyCheck, 10, 60),
        stopSignal: "SIGINT",
      },
      // Two servers on one data directory would destroy it.
      containerOptions(this, true),
    );
    this.ready = admission(
      `${name}-ready`,
      {
        host,
        part: name,
        container: this.container,
        check: readyCheck,
        pids: limits.pids,
        timeout: 120,
      },
      this,
    );
    this.registerOutputs({ container: this.container.id });
  }
}

/** Over TCP, because the server that initialises the data directory listens on the socket only. */
const readyCheck = ["pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres"];
