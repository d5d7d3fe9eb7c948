import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { dataVolumeName } from "../../releases/data-version.ts";
import { containerOptions } from "../policy/container-defaults.ts";
import {
  databaseCheck,
  databaseDefinition,
  dataPlace,
  initdbOptions,
  postgresUser,
  type DatabaseDefinitionArgs,
} from "../policy/database-definition.ts";
import type { Host } from "../policy/host.ts";
import { databaseLimits } from "../policy/limits.ts";
import { admission } from "../resources/admission.ts";
import { dataVolume } from "../resources/data-volume.ts";
import { beforeRestart, restartRecords } from "../resources/restart-records.ts";
import { madeWithLabels, whileHeld, type Restart } from "../resources/restart.ts";
import { databaseHost } from "../facts/stack-names.ts";
import type { Network } from "./network.ts";
import { SecretFiles } from "./secret-files.ts";

export interface DatabaseArgs extends DatabaseDefinitionArgs {
  host: Host;
  network: Network;
  /** Postgres image. */
  image: pulumi.Input<string>;
  /** Image with a shell, for writing secret files. */
  toolImage: pulumi.Input<string>;
  /** Whether an update may restart it. */
  restart: Restart;
}

/** Postgres on a volume that outlives it, reached as `postgres` on the internal network. */
export class Database extends pulumi.ComponentResource {
  readonly container: docker.Container;
  readonly superuserPassword: pulumi.Output<string>;
  /** Volume with the data, and where Postgres mounts it. */
  readonly volume: pulumi.Output<string>;
  readonly mountPoint: string;
  /** Folder of the data below it. */
  readonly folder: string;
  /** Known once Postgres answers; what needs a running database waits for it. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Database", name, {}, opts);
    const { host, identity, config, port, restart } = args;
    const definition = databaseDefinition(name, args);
    const place = dataPlace(config.postgresVersion);
    const volume = dataVolume(identity, name, this, dataVolumeName(identity, config.postgresVersion));
    this.volume = volume.name;
    this.mountPoint = place.target;
    this.folder = place.folder;
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
        held: restart.held,
      },
      { parent: this },
    );
    const records = { host, identity, restart, image: args.image };
    const before = beforeRestart(name, records, this);
    this.container = new docker.Container(
      name,
      {
        ...definition,
        labels: [...definition.labels, ...madeWithLabels(restart.wanted)],
        image: args.image,
        envs: [
          pulumi.interpolate`POSTGRES_PASSWORD_FILE=${secrets.directory}/superuser-password`,
          `POSTGRES_INITDB_ARGS=${initdbOptions}`,
          `PGDATA=${place.folder}`,
        ],
        mounts: [
          { type: "volume", source: volume.name, target: place.target },
          { type: "volume", source: secrets.volume, target: secrets.mountPoint, readOnly: true },
        ],
        networksAdvanced: [
          { name: args.network.internal, aliases: [databaseHost] },
          ...(port === undefined ? [] : [{ name: args.network.edge }]),
        ],
      },
      {
        // Two servers on one data directory would destroy it.
        ...containerOptions(this, true),
        ...whileHeld(restart),
        ...(before === undefined ? {} : { dependsOn: before }),
      },
    );
    this.ready = admission(
      `${name}-ready`,
      {
        host,
        part: name,
        container: this.container,
        check: databaseCheck,
        pids: databaseLimits(config).pids,
        timeout: 120,
      },
      this,
    );
    restartRecords(name, records, before, this, this.ready);
    this.registerOutputs({ container: this.container.id });
  }
}
