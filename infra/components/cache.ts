import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { CacheConfig } from "../../stacks/cache.ts";
import { cacheCheck, cacheDefinition, cacheSettings, redisUser } from "../policy/cache-definition.ts";
import { containerOptions } from "../policy/container-defaults.ts";
import type { Host, Identity } from "../policy/host.ts";
import { cacheLimits } from "../policy/limits.ts";
import { admission } from "../resources/admission.ts";
import { beforeRestart, restartRecords } from "../resources/restart-records.ts";
import { madeWithLabels, whileHeld, type Restart } from "../resources/restart.ts";
import { cacheHost } from "../facts/stack-names.ts";
import type { Network } from "./network.ts";
import { SecretFiles } from "./secret-files.ts";

export interface CacheArgs {
  host: Host;
  identity: Identity;
  config: CacheConfig;
  network: Network;
  /** Redis image. */
  image: pulumi.Input<string>;
  /** Image with a shell, for writing secret files. */
  toolImage: pulumi.Input<string>;
  /** Whether an update may restart it. */
  restart: Restart;
}

/**
 * Redis as a cache: in memory only, bounded, least recently used entries go first. Losing it slows,
 * and breaks nothing.
 */
export class Cache extends pulumi.ComponentResource {
  readonly password: pulumi.Output<string>;
  /** Known once Redis answers. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: CacheArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Cache", name, {}, opts);
    const { host, identity, config, restart } = args;
    const definition = cacheDefinition(name, identity, config);
    this.password = new random.RandomPassword(
      `${name}-password`,
      { length: 40, special: false, keepers: { rotation: config.cacheRotation ?? "" } },
      { parent: this },
    ).result;
    const secrets = new SecretFiles(
      `${name}-secrets`,
      {
        host,
        identity,
        // A whole configuration file, because a password among the arguments would show in the
        // process list.
        files: { "redis.conf": this.password.apply((password) => cacheSettings(config, password)) },
        owner: redisUser,
        image: args.toolImage,
        held: restart.held,
      },
      { parent: this },
    );
    const records = { host, identity, restart, image: args.image };
    const before = beforeRestart(name, records, this);
    const container = new docker.Container(
      name,
      {
        ...definition,
        labels: [...definition.labels, ...madeWithLabels(restart.wanted)],
        image: args.image,
        command: ["redis-server", pulumi.interpolate`${secrets.directory}/redis.conf`],
        mounts: [{ type: "volume", source: secrets.volume, target: secrets.mountPoint, readOnly: true }],
        networksAdvanced: [{ name: args.network.internal, aliases: [cacheHost] }],
      },
      {
        ...containerOptions(this, true),
        ...whileHeld(restart),
        ...(before === undefined ? {} : { dependsOn: before }),
      },
    );
    this.ready = admission(
      `${name}-ready`,
      { host, part: name, container, check: cacheCheck, pids: cacheLimits(config).pids, timeout: 60 },
      this,
    );
    restartRecords(name, records, before, this, this.ready);
    this.registerOutputs({ container: container.id });
  }
}
