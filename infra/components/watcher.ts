import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { databaseName } from "../facts/stack-names.ts";
import { containerDefaults, containerOptions, healthcheck } from "../policy/container-defaults.ts";
import { labels, type Host, type Identity } from "../policy/host.ts";
import { watcherLimits } from "../policy/limits.ts";
import { watchRoleSql, withoutWatchSql } from "../rendering/watch-role-sql.ts";
import { watchSecretFiles } from "../rendering/watch-settings.ts";
import { admission } from "../resources/admission.ts";
import type { StackNetworks } from "../resources/app-runtime.ts";
import { SecretFiles } from "./secret-files.ts";

type Secret = pulumi.Output<string> | undefined;

export interface WatcherArgs {
  host: Host;
  identity: Identity;
  network: StackNetworks;
  /** Image of `images/watcher`. */
  image: pulumi.Input<string>;
  /** Image with a shell, for writing secret files. */
  toolImage: pulumi.Input<string>;
  /** Container of Postgres, whose statistics are read. */
  database: pulumi.Output<string>;
  /** The release that runs: with it come tables of the queue that may be counted. */
  release: pulumi.Output<string>;
  /** Volume with the backups' report; undefined without backups. */
  handed: pulumi.Input<string> | undefined;
  /** Settings of the program, as JSON. */
  settings: string;
  secrets: Readonly<Record<"webhook" | "heartbeat" | "smtpPassword", Secret>>;
  /** PEM of further authorities that its receivers' certificates may come from. */
  trustedCa: string | undefined;
}

/** The watcher's own user. */
const watchUser = 998;

/** Mount points that `images/watcher` expects. */
const places = { state: "/var/lib/berth/watch", handed: "/var/lib/berth/handed" } as const;

/** Written at each look; two minutes are several. */
const alive = ["sh", "-c", "find /tmp/berth/now.json -mmin -2 | grep -q ."];

/**
 * Watches the stack from inside, without the engine's socket, and tells people: by a webhook, by
 * e-mail, and by a ping that stays away when it does. It publishes nothing.
 */
export class Watcher extends pulumi.ComponentResource {
  constructor(name: string, args: WatcherArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Watcher", name, {}, opts);
    const { host, identity } = args;
    const password = new random.RandomPassword(
      `${name}-database-password`,
      { length: 40, special: false },
      { parent: this },
    ).result;
    const secrets = this.#secrets(name, args, password);
    const role = this.#role(name, args, password, opts?.dependsOn);
    // What is known of alerts is the stack's own: a new one has none.
    const state = new docker.Volume(`${name}-state`, { labels: labels(identity, name) }, { parent: this });
    const container = new docker.Container(
      name,
      {
        ...containerDefaults({ identity, part: name, limits: watcherLimits, grace: 5 }),
        image: args.image,
        user: `${watchUser}:${watchUser}`,
        envs: [`WATCH_SETTINGS=${args.settings}`, pulumi.interpolate`SECRETS=${secrets.directory}`],
        mounts: [
          { type: "volume", source: state.name, target: places.state },
          { type: "volume", source: secrets.volume, target: secrets.mountPoint, readOnly: true },
          ...(args.handed === undefined
            ? []
            : [{ type: "volume", source: args.handed, target: places.handed, readOnly: true }]),
        ],
        networksAdvanced: [{ name: args.network.internal }, { name: args.network.edge }],
        healthcheck: healthcheck(alive, 60, 30),
      },
      { ...containerOptions(this, true), dependsOn: role },
    );
    admission(
      `${name}-ready`,
      { host, part: name, container, check: alive, pids: watcherLimits.pids, timeout: 60 },
      this,
    );
    this.registerOutputs({ container: container.id });
  }

  #secrets(name: string, args: WatcherArgs, password: pulumi.Output<string>): SecretFiles {
    const files: Record<string, pulumi.Input<string> | undefined> = {
      [watchSecretFiles.databasePassword]: password,
      [watchSecretFiles.webhook]: args.secrets.webhook,
      [watchSecretFiles.heartbeat]: args.secrets.heartbeat,
      [watchSecretFiles.smtpPassword]: args.secrets.smtpPassword,
      [watchSecretFiles.trustedCa]: args.trustedCa,
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
        owner: watchUser,
        image: args.toolImage,
      },
      { parent: this },
    );
  }

  /** Lets the watcher see statistics, and the length of queues that there are by now. */
  #role(
    name: string,
    { database, host, release }: WatcherArgs,
    password: pulumi.Output<string>,
    dependsOn: pulumi.ResourceOptions["dependsOn"],
  ) {
    const psql =
      'docker exec --interactive "$CONTAINER" psql --quiet --no-psqlrc --username postgres --dbname postgres';
    return new command.local.Command(
      `${name}-role`,
      {
        create: psql,
        // A server that is gone keeps no role.
        delete: `printf '%s' '${withoutWatchSql}' | ${psql} || true`,
        // Run again by a release, which may bring a queue; as a trigger it would replace this, and
        // the deletion of the one before, which comes last, would lock the role out.
        environment: { ...host.environment, CONTAINER: database, RELEASE: release },
        stdin: pulumi.secret(password.apply((text) => watchRoleSql(text, databaseName))),
        triggers: [database],
        logging: "none",
      },
      {
        parent: this,
        ...(dependsOn === undefined ? {} : { dependsOn }),
        additionalSecretOutputs: ["stdin", "stdout", "stderr"],
      },
    );
  }
}
