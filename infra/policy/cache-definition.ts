import type { CacheConfig } from "../../stacks/cache.ts";
import { containerDefaults, healthcheck } from "./container-defaults.ts";
import type { Identity } from "./host.ts";
import { cacheLimits } from "./limits.ts";

/** Redis's uid and gid in the official image and in ours. */
export const redisUser = 999;

/** An answer, even one that asks for the password, means that Redis serves. */
export const cacheCheck = ["sh", "-c", "redis-cli -h 127.0.0.1 ping 2>&1 | grep -q -e PONG -e NOAUTH"];

/**
 * What the application's login may do: all with data, and nothing with the server. Of what Redis
 * calls dangerous, libraries use some to look at the server and to empty a cache.
 * https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/
 */
const cacheRights =
  "~* &* +@all -@admin -@dangerous +info +client|list +keys +sort +sort_ro +flushdb +flushall";

/** Redis's configuration file. */
export function cacheSettings(config: CacheConfig, password: string): string {
  return [
    "save ''",
    "appendonly no",
    "maxmemory-policy allkeys-lru",
    // Half of the container's memory, the rest is for connections and fragmentation.
    `maxmemory ${Math.floor(cacheLimits(config).memory / 2)}mb`,
    "protected-mode no",
    `user default on >${password} ${cacheRights}`,
    "",
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
