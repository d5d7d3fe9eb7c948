import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { join as shellWords } from "shlex";
import type { BackupsConfig } from "../../stacks/backups.ts";
import { databaseHost, databaseName } from "../facts/stack-names.ts";
import { containerDefaults, containerOptions, healthcheck } from "../policy/container-defaults.ts";
import { labels, type Host, type Identity } from "../policy/host.ts";
import { backupLimits } from "../policy/limits.ts";
import { backupAccess, backupRoleSql, withoutBackupsSql } from "../rendering/backup-role-sql.ts";
import { backupSecretFiles, backupSettings, knownHost } from "../rendering/backup-settings.ts";
import { admission } from "../resources/admission.ts";
import { dataVolume } from "../resources/data-volume.ts";
import { backupKey } from "./backup-key.ts";
import type { Database } from "./database.ts";
import { SecretFiles } from "./secret-files.ts";

export interface BackupsArgs {
  host: Host;
  identity: Identity;
  config: BackupsConfig;
  database: Database;
  /** Name of the internal network, where Postgres is. */
  internal: pulumi.Input<string>;
  /** Volume with uploads; undefined if they lie elsewhere. */
  media: pulumi.Input<string> | undefined;
  /** The application's uid, which uploads belong to. */
  uploadsOwner: number;
  /** Image of `images/backup`. */
  image: pulumi.Input<string>;
  /** Image with a shell, for writing secret files. */
  toolImage: pulumi.Input<string>;
  /** Whether its report is handed to the watcher. */
  handsIn: boolean;
  secrets: {
    /** The key that backups are encrypted with; one is made if undefined. */
    key: pulumi.Output<string> | undefined;
    bucketSecretKey: pulumi.Output<string> | undefined;
    sftpKey: pulumi.Output<string> | undefined;
  };
}

/** Postgres's uid and gid, which alone can read its data. */
const postgresUser = 999;

/** Seconds for pgBackRest to end in order. */
const shutdownGrace = 20;

/** Mount points that `images/backup` expects. */
const places = {
  backups: "/var/lib/berth/backups",
  scratch: "/var/lib/berth/scratch",
  media: "/var/lib/berth/media",
  handed: "/var/lib/berth/handed",
} as const;

/**
 * Backups of the database and the uploads, in a container that never gets the engine's socket: it
 * receives Postgres' write-ahead log as a standby would, reads the data and the uploads without
 * being able to write them, and proves backups by restoring them inside itself. It alone joins a
 * network with a way out, to the repositories; Postgres has none. A repository that is away never
 * fails a deploy and never stops the database.
 */
export class Backups extends pulumi.ComponentResource {
  readonly container: docker.Container;
  /** Volume with its report, for the watcher; undefined if there is none. */
  readonly handed: pulumi.Output<string> | undefined;
  readonly #host: Host;
  /** Known once the container answers. */
  readonly #ready: pulumi.Resource;

  constructor(name: string, args: BackupsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Backups", name, {}, opts);
    const { config, database, host, identity } = args;
    this.#host = host;
    const limits = backupLimits(config);
    const volume = dataVolume(identity, name, this);
    const scratch = new docker.Volume(
      `${name}-scratch`,
      { labels: labels(identity, name) },
      { parent: this },
    );
    const network = new docker.Network(
      `${name}-network`,
      { labels: labels(identity, name) },
      { parent: this },
    );
    this.handed = args.handsIn
      ? new docker.Volume(`${name}-handed`, { labels: labels(identity, name) }, { parent: this }).name
      : undefined;
    const password = this.#password(`${name}-database-password`);
    const secrets = this.#secrets(name, args, password);
    const role = this.#role(name, args, password);
    const settings = backupSettings(config, {
      ...identity,
      databaseHost,
      database: databaseName,
      pgdata: database.folder,
      uploads: args.media !== undefined,
      uploadsOwner: args.uploadsOwner,
    });
    this.container = new docker.Container(
      name,
      {
        ...containerDefaults({ identity, part: "backup", limits, grace: shutdownGrace }),
        image: args.image,
        user: `${postgresUser}:${postgresUser}`,
        envs: [`BACKUP_SETTINGS=${settings}`, pulumi.interpolate`SECRETS=${secrets.directory}`],
        mounts: [
          { type: "volume", source: volume.name, target: places.backups },
          { type: "volume", source: scratch.name, target: places.scratch },
          { type: "volume", source: database.volume, target: database.mountPoint, readOnly: true },
          { type: "volume", source: secrets.volume, target: secrets.mountPoint, readOnly: true },
          ...(args.media === undefined
            ? []
            : [{ type: "volume", source: args.media, target: places.media, readOnly: true }]),
          ...(this.handed === undefined
            ? []
            : [{ type: "volume", source: this.handed, target: places.handed }]),
        ],
        networksAdvanced: [{ name: args.internal }, { name: network.name }],
        // Parallel queries of a server that proves a backup share memory here.
        shmSize: 64,
        healthcheck: healthcheck(["berth-backup", "alive"], 30, 30),
      },
      { ...containerOptions(this, true), dependsOn: role },
    );
    this.#ready = admission(
      `${name}-ready`,
      {
        host,
        part: name,
        container: this.container,
        check: ["berth-backup", "alive"],
        pids: limits.pids,
        timeout: 60,
      },
      this,
    );
    this.registerOutputs({ container: this.container.id });
  }

  /**
   * Names the moment before a release changes anything in the write-ahead log. Repositories that do
   * not answer stop no release: the name waits with the log.
   */
  restorePoint(name: string, release: pulumi.Output<string>): pulumi.Resource {
    return new command.local.Command(
      name,
      {
        create:
          'docker exec "$CONTAINER" berth-backup point "before $RELEASE" || echo "The moment before this release has no name." >&2',
        environment: { ...this.#host.environment, CONTAINER: this.container.id, RELEASE: release },
        triggers: [release],
        logging: "stderr",
      },
      { parent: this, dependsOn: this.#ready },
    );
  }

  #secrets(name: string, args: BackupsArgs, password: pulumi.Output<string>): SecretFiles {
    const { config, secrets } = args;
    const files: Record<string, pulumi.Input<string> | undefined> = {
      [backupSecretFiles.key]: secrets.key ?? backupKey(name, this),
      [backupSecretFiles.databasePassword]: password,
      [backupSecretFiles.bucketSecretKey]: secrets.bucketSecretKey,
      [backupSecretFiles.bucketCa]: config.backupS3Ca,
      [backupSecretFiles.sftpKey]: secrets.sftpKey?.apply((key) => `${key.trim()}\n`),
      [backupSecretFiles.sftpKnownHosts]: knownHost(config),
    };
    return new SecretFiles(
      `${name}-secrets`,
      {
        host: args.host,
        identity: args.identity,
        files: Object.fromEntries(
          Object.entries(files).flatMap(([file, text]) =>
            text === undefined ? [] : [[file, text] as const],
          ),
        ),
        owner: postgresUser,
        image: args.toolImage,
      },
      { parent: this },
    );
  }

  /** Lets the backups in, without a restart of Postgres. */
  #role(name: string, { config, database, host }: BackupsArgs, password: pulumi.Output<string>) {
    const psql = "psql --quiet --no-psqlrc --username postgres --dbname postgres";
    const letIn = `grep -qxF "$1" "$PGDATA/pg_hba.conf" || printf '%s\\n' "$1" >>"$PGDATA/pg_hba.conf"; exec ${psql}`;
    const inPostgres = (script: string, ...words: string[]) =>
      `docker exec --interactive "$CONTAINER" sh -c ${shellWords([script, "sh", ...words])}`;
    return new command.local.Command(
      `${name}-role`,
      {
        create: inPostgres(letIn, backupAccess),
        // A server that is gone keeps nothing.
        delete: `printf '%s' ${shellWords([withoutBackupsSql])} | ${inPostgres(psql)} || true`,
        environment: { ...host.environment, CONTAINER: database.container.id },
        stdin: pulumi.secret(password.apply((text) => backupRoleSql(text, config.backupWalLimit))),
        triggers: [database.container.id, config.backupWalLimit],
        logging: "none",
      },
      {
        parent: this,
        dependsOn: database.ready,
        // Its deletion takes the settings back, so it must not come after the creation of the next.
        deleteBeforeReplace: true,
        additionalSecretOutputs: ["stdin", "stdout", "stderr"],
      },
    );
  }

  #password(name: string): pulumi.Output<string> {
    return new random.RandomPassword(name, { length: 64, special: false }, { parent: this }).result;
  }
}
