import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { type RedisServer, startRedis } from "../../../tests/support/redis-server.ts";
import { addUser } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import type { Cache } from "./cache.ts";
import { openRedisCache } from "./redis-cache.ts";

const started = await startRedis();
const skip = started instanceof Error ? started.message : false;
const silent = pino({ level: "silent" });

describe("the cache in Redis", { skip }, () => {
  const server = started as RedisServer;
  const perMinute = 20;
  let one: Cache;
  let other: Cache;
  let apps: TestApp[];
  let folder: string;
  let redisSettings: Record<string, string>;

  /** Asks until the answer is the wanted one; Redis is found again after a pause. */
  const eventually = async (what: string, check: () => Promise<boolean>) => {
    const deadline = Date.now() + 60_000;
    while (!(await check())) {
      if (Date.now() > deadline) assert.fail(`never happened: ${what}`);
      await sleep(100);
    }
  };
  /** Whether `one` and `other` count in the same place. */
  const shared = async () => {
    const key = `probe ${Math.random()}`;
    await one.count(key, 60);
    return (await other.count(key, 60)) === 2;
  };
  const call = async (app: TestApp | undefined) => (await fetch(`${app?.url ?? ""}/login`)).status;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-redis-test-"));
    await writeFile(join(folder, "password"), server.password);
    one = openRedisCache(server, silent);
    other = openRedisCache(server, silent);
    redisSettings = { REDIS_URL: server.url, REDIS_PASSWORD_FILE: join(folder, "password") };
    const environment = { ...redisSettings, RATE_LIMIT: String(perMinute) };
    apps = await Promise.all([startTestApp({ environment }), startTestApp({ environment })]);
  });

  after(async () => {
    for (const app of apps) await app.close();
    await one.close();
    await other.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  beforeEach(async () => {
    await eventually("Redis is used", shared);
    await server.ask("FLUSHALL");
  });

  test("the rate limit is one for all processes", async () => {
    const requests = perMinute + 4;
    // An answer that comes too late on a busy machine is counted by the process itself.
    await eventually("Redis counts every request, and those over the limit are refused", async () => {
      await server.ask("FLUSHALL");
      const statuses: number[] = [];
      while (statuses.length < requests) statuses.push(await call(apps[statuses.length % 2]));
      return (
        (await server.ask("GET", "count:rate 127.0.0.1")) === String(requests) &&
        statuses.every((status, index) => (status === 429) === index >= perMinute)
      );
    });
    assert.ok(Number(await server.ask("TTL", "count:rate 127.0.0.1")) > 0);
  });

  test("a value is loaded once for all processes, until one of them drops it", async () => {
    let tries = 0;
    // An answer that comes too late on a busy machine is each process's own.
    await eventually("one load before it is dropped, and one after", async () => {
      const key = `price ${(tries += 1)}`;
      let loads = 0;
      const read = (cache: Cache) => cache.read(key, 60, () => Promise.resolve((loads += 1)));
      const before = [await read(one), await read(other)];
      await other.forget(key);
      const after = [await read(one), await read(other)];
      return [...before, ...after].join() === "1,1,2,2";
    });
  });

  test("a value dropped while Redis hung is not found once Redis is back", async () => {
    assert.equal(await one.read("stock", 600, () => Promise.resolve("old")), "old");
    await server.hang();
    try {
      await one.forget("stock");
      assert.equal(await one.read("stock", 600, () => Promise.resolve("new")), "new");
    } finally {
      await server.resume();
    }
    await eventually("Redis is used", shared);
    for (const cache of [one, other])
      assert.notEqual(await cache.read("stock", 600, () => Promise.resolve("newer")), "old");
  });

  for (const [name, away, back] of [
    ["dies", () => server.kill(), () => server.start()],
    ["hangs", () => server.hang(), () => server.resume()],
  ] as const) {
    test(`a Redis that ${name} under load costs no request, and is used again`, async () => {
      const statuses: number[] = [];
      const load = async (requests: number) => {
        for (let count = 0; count < requests; count += 1) statuses.push(await call(apps[count % 2]));
      };
      const traffic = Promise.all([load(40), load(40)]);
      await away();
      try {
        await traffic;
        await load(10);
        assert.ok(
          statuses.every((status) => status === 200 || status === 429),
          statuses.join(" "),
        );
        assert.ok(statuses.includes(429), "each process limits by itself meanwhile");
      } finally {
        await back();
      }
      await eventually("Redis is used", shared);
      await eventually("the apps count in Redis", async () => {
        await call(apps[0]);
        return (await server.ask("EXISTS", "count:rate 127.0.0.1")) === "1";
      });
    });
  }

  test("rows are written and listed while Redis hangs, and stale values are not shown afterwards", async () => {
    const app = await startTestApp({ environment: { ...redisSettings, RATE_LIMIT: "0" } });
    try {
      const admin = await addUser(app, "admin");
      const create = async (city: string) => {
        const body = { name: city, email: `${city}@example.test`, city };
        assert.equal((await admin.call("POST", "/api/v1/customers", { body })).status, 201);
      };
      const lists = async (city: string) => {
        const page = await admin.call("GET", "/admin/customers");
        assert.equal(page.status, 200);
        return page.text.includes(`<option value="${city}">`);
      };
      await create("Bergen");
      assert.ok(await lists("Bergen"));
      await server.hang();
      try {
        await create("Oslo");
        assert.ok(await lists("Oslo"));
      } finally {
        await server.resume();
      }
      await eventually("Redis is used", shared);
      assert.ok(await lists("Oslo"));
    } finally {
      await app.close();
    }
  });

  test("the log says once that Redis is away and once that it is back, without its password", async () => {
    const lines = apps[0]?.logged ?? [];
    const told = (text: string) => lines.filter(({ msg }) => String(msg).startsWith(text)).length;
    await eventually("Redis is back", () => Promise.resolve(told("Redis is back") === told("Redis is away")));
    assert.ok(told("Redis is away") >= 1);
    assert.ok(!JSON.stringify(lines).includes(server.password));
  });
});
