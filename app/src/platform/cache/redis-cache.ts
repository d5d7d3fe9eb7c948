import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@redis/client";
import type { Logger } from "../log/create-logger.ts";
import { gathered } from "./gathered.ts";
import { type Cache, createMemoryCache } from "./cache.ts";

/**
 * A healthy Redis answers in well under a millisecond; past this the request goes on without it.
 */
const patienceMilliseconds = 100;
/**
 * After a failure Redis is left alone this long, so that a dead one costs one wait now and then,
 * not one per call.
 */
const restMilliseconds = 1000;

/**
 * A Redis that hangs without closing its connection is given up after the second: it is asked for a
 * sign of life every 2 s, so silence means that the connection is dead.
 */
const heartbeat = { pingInterval: 2000, socketTimeout: 5000 } as const;
/**
 * Forgotten keys that could not be told to Redis; past this many the whole cache is emptied
 * instead.
 */
const mostUntold = 1000;

/**
 * Counts one more on each key, which may be named more than once. @param ARGV seconds, one a key
 */
const countScript = `local counts = {}
for place, key in ipairs(KEYS) do
  counts[place] = redis.call('INCR', key)
  if counts[place] == 1 then redis.call('EXPIRE', key, ARGV[place]) end
end
return counts`;

interface Count {
  readonly key: string;
  readonly seconds: number;
}

/**
 * Opens the cache that all processes share. It never throws and never hangs: while Redis is away,
 * counts and values live in this process. Reconnects by itself.
 */
export function openRedisCache(redis: { url: string; password: string | undefined }, log: Logger): Cache {
  const fallback = createMemoryCache();
  let restUntil = 0;
  const client = createClient({
    url: redis.url,
    ...(redis.password === undefined ? {} : { password: redis.password }),
    disableOfflineQueue: true,
    pingInterval: heartbeat.pingInterval,
    socket: {
      connectTimeout: 2000,
      socketTimeout: heartbeat.socketTimeout,
      reconnectStrategy: (tries) => Math.min(5000, 100 * 2 ** tries),
    },
  });
  let away = false;
  client.on("error", (error: Error) => {
    if (!away)
      log.warn({ reason: error.message }, "Redis is away; each process keeps its own cache until it is back");
    away = true;
  });
  client.on("ready", () => {
    if (away) log.info("Redis is back");
    away = false;
  });
  void client.connect().catch(() => undefined);

  const attempt = async <Result>(work: () => Promise<Result>): Promise<{ value: Result } | undefined> => {
    if (!client.isReady || Date.now() < restUntil) return undefined;
    try {
      const late = sleep(patienceMilliseconds, undefined, { ref: false });
      const answer = await Promise.race([work().then((value) => ({ value })), late]);
      if (answer === undefined) restUntil = Date.now() + restMilliseconds;
      return answer;
    } catch {
      restUntil = Date.now() + restMilliseconds;
      return undefined;
    }
  };

  // What was forgotten while Redis was away would be found again once it is back.
  const untold = new Set<string>();
  const forgetThere = async (key?: string): Promise<void> => {
    if (key !== undefined) untold.add(key);
    if (untold.size === 0) return;
    const keys = [...untold];
    const done = await attempt<unknown>(() =>
      keys.length > mostUntold ? client.flushDb() : client.del(keys),
    );
    if (done) for (const told of keys) untold.delete(told);
    else if (untold.size > mostUntold + 1) untold.delete(keys[0] ?? "");
  };

  // Counts that come up in the same turn of the event loop go together.
  const countMany = gathered(async (asked: readonly Count[]): Promise<readonly number[]> => {
    const options = {
      keys: asked.map(({ key }) => `count:${key}`),
      arguments: asked.map(({ seconds }) => String(seconds)),
    };
    const found = await attempt(() => client.eval(countScript, options));
    if (found) return (found.value as number[]).map(Number);
    return Promise.all(asked.map(({ key, seconds }) => fallback.count(key, seconds)));
  });

  return {
    count: (key, seconds) => countMany({ key, seconds }),
    async read<Value>(key: string, seconds: number, load: () => Promise<Value>) {
      await forgetThere();
      const found = untold.size > 0 ? undefined : await attempt(() => client.get(`value:${key}`));
      if (!found) return fallback.read(key, seconds, load);
      if (found.value !== null) return JSON.parse(found.value) as Value;
      const value = await load();
      await attempt(() =>
        client.set(`value:${key}`, JSON.stringify(value), { expiration: { type: "EX", value: seconds } }),
      );
      return value;
    },
    async forget(key) {
      await fallback.forget(key);
      await forgetThere(`value:${key}`);
    },
    async close() {
      if (client.isOpen) client.destroy();
      await fallback.close();
    },
  };
}
