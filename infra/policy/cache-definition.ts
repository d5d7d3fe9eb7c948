import type { CacheConfig } from "../../stacks/cache.ts";
import { containerDefaults, healthcheck } from "./container-defaults.ts";
import type { Identity } from "./host.ts";
import { cacheLimits } from "./limits.ts";

/** Redis's uid and gid in the official image and in ours. */
export const redisUser = 999;

/** An answer, even one that asks for the password, means that Redis serves. */
export const cacheCheck = ["sh", "-c", "redis-cli -h 127.0.0.1 ping 2>&1 | grep -q -e PONG -e NOAUTH"];

/** Lines of Redis's configuration file, without the password. */
export function cacheSettings(config: CacheConfig): string {
  return [
    "save ''",
    "appendonly no",
    "maxmemory-policy allkeys-lru",
    // Half of the container's memory, the rest is for connections and fragmentation.
    `maxmemory ${Math.floor(cacheLimits(config).memory / 2)}mb`,
    "protected-mode no",
  ].join("\n");
}

/** Redis's container as far as it is known before anything is made. */
export function cacheDefinition(part: string, identity: Identity, config: CacheConfig) {
  return {
    ...containerDefaults({
      identity,
      part,
      limits: cacheLimits(config),
      grace: 10,
      tmpfs: { "/data": "rw,noexec,nosuid,nodev,size=8m" },
    }),
    user: `${redisUser}:${redisUser}`,
    healthcheck: healthcheck(cacheCheck, 10, 10),
  };
}
