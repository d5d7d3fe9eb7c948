import { wholeNumber, yesOrNo, type Values } from "./field.ts";
import { rotationField, upgradeField } from "./release.ts";

/** Settings of Redis. */
export const cacheFields = {
  cache: yesOrNo.default(true).describe("Run Redis for the application's cache and rate limits."),
  cacheMemory: wholeNumber(32, 65_536, "MiB")
    .default(64)
    .describe("Memory limit of the Redis container, MiB."),
  cacheRotation: rotationField("The password of Redis"),
  cacheUpgrade: upgradeField("Redis"),
};

/** The Redis container. */
export type CacheConfig = Omit<Values<typeof cacheFields>, "cache">;

/** Redis, if the settings want it. */
export function cacheConfig({ cache, ...config }: Values<typeof cacheFields>): CacheConfig | undefined {
  return cache ? config : undefined;
}
