import type { Cache } from "../cache/cache.ts";
import { tooManyRequests } from "../problems/problems.ts";
import type { RequestContext } from "./request-context.ts";
import type { Route } from "./route.ts";

const windowSeconds = 60;

/**
 * Refuses a client that asks too often, over all routes but the probes.
 *
 * @param perMinute requests a client may send in a minute; 0 lifts the limit.
 */
export function createRateLimit(cache: Cache, perMinute: number) {
  return async (route: Route, context: RequestContext): Promise<void> => {
    if (perMinute === 0 || route.path.startsWith("/health/")) return;
    const count = await cache.count(`rate ${context.network}`, windowSeconds);
    if (count > perMinute) {
      throw tooManyRequests(`At most ${perMinute} requests a minute: slow down.`, {
        headers: { "Retry-After": String(windowSeconds) },
      });
    }
  };
}
