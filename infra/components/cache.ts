import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { CacheConfig } from "../../stacks/cache.ts";
import { containerDefaults, containerOptions, healthcheck } from "../policy/container-defaults.ts";
import type { Host, Identity } from "../policy/host.ts";
import { cacheLimits } from "../policy/limits.ts";
import { admission } from "../resources/admission.ts";
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
}

/** Redis's uid and gid in the official image and in ours. */
const redisUser = 999;

/** An answer, even one that asks for the password, means that Redis serves. */
const check = ["sh", "-c", "redis-cli -h 127.0.0.1 ping 2>&1 | grep -q -e PONG -e NOAUTH"];

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
    const { host, identity, config } = args;
    const limits = cacheLimits(config);
    this.password = new random.RandomPassword(
      `${name}-password`,
      { length: 40, special: false, keepers: { rotation: config.cacheRotation ?? "" } },
      { parent: this },
    ).result;
    const settings = [
      "save ''",
      "appendonly no",
      "maxmemory-policy allkeys-lru",
      // Half of the container's memory, the rest is for connections and fragmentation.
      `maxmemory ${Math.floor(limits.memory / 2)}mb`,
      "protected-mode no",
    ].join("\n");
    const secrets = new SecretFiles(
      `${name}-secrets`,
      {
        host,
        identity,
        // A whole configuration file, because a password among the arguments would show in the
        // process list.
        files: { "redis.conf": pulumi.interpolate`${settings}\nrequirepass ${this.password}\n` },
        owner: redisUser,
        image: args.toolImage,
      },
      { parent: this },
    );
    const container = new docker.Container(
      name,
      {
        ...containerDefaults({
          identity,
          part: name,
          limits,
          grace: 10,
          tmpfs: { "/data": "rw,noexec,nosuid,nodev,size=8m" },
        }),
        image: args.image,
        user: `${redisUser}:${redisUser}`,
        command: ["redis-server", pulumi.interpolate`${secrets.directory}/redis.conf`],
        mounts: [{ type: "volume", source: secrets.volume, target: secrets.mountPoint, readOnly: true }],
        networksAdvanced: [{ name: args.network.internal, aliases: [cacheHost] }],
        healthcheck: healthcheck(check, 10, 10),
      },
      containerOptions(this, true),
    );
    this.ready = admission(
      `${name}-ready`,
      { host, part: name, container, check, pids: limits.pids, timeout: 60 },
      this,
    );
    this.registerOutputs({ container: container.id });
  }
}
