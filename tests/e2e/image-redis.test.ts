import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openRedisCache } from "../../app/src/platform/cache/redis-cache.ts";
import { createLogger } from "../../app/src/platform/log/create-logger.ts";
import { cacheSettings, redisUser } from "../../infra/policy/cache-definition.ts";
import { parseSettings } from "../../stacks/parse.ts";
import { baseImage } from "../support/base-image.ts";
import { docker, finish } from "../support/docker.ts";
import { eventually, ScratchContainers } from "../support/scratch-containers.ts";

const password = "a-harbour-in-the-morning";

await describe("Redis with the settings of a stack", { timeout: 300_000 }, () => {
  const scratch = new ScratchContainers();
  const folder = mkdtempSync(join(tmpdir(), "berth-redis-"));
  let server: string;

  before(async () => {
    const { cache } = parseSettings("prod", { domain: "example.org" });
    assert.ok(cache);
    const file = join(folder, "redis.conf");
    writeFileSync(file, cacheSettings(cache, password), { mode: 0o644 });
    const options = ["--user", `${redisUser}:${redisUser}`, "--read-only", "--tmpfs", "/data"];
    server = await scratch.start(
      await baseImage("redis"),
      [...options, "--publish", "127.0.0.1::6379", "--volume", `${file}:/etc/redis.conf:ro`],
      ["redis-server", "/etc/redis.conf"],
    );
    await eventually(async () => {
      assert.equal(await ask("ping"), "PONG");
      return true;
    });
  });
  after(async () => {
    await scratch.remove();
    rmSync(folder, { recursive: true });
  });

  /** What a program with the application's password is answered. */
  async function ask(...command: string[]): Promise<string> {
    const cli = ["exec", "--env", "REDISCLI_AUTH", server, "redis-cli", "--raw", ...command];
    const { stdout, stderr } = await finish("docker", cli, { env: { REDISCLI_AUTH: password } });
    return (stdout + stderr).trim();
  }

  test("the application's cache works with it, and does not fall back", async () => {
    const [address = ""] = (await docker(["port", server, "6379/tcp"])).split("\n");
    const redis = { url: `redis://${address}`, password };
    const silent = createLogger({ level: "silent", stack: "test", release: "test" });
    const [one, other] = [openRedisCache(redis, silent), openRedisCache(redis, silent)];
    try {
      await eventually(async () => {
        const key = `probe ${Math.random()}`;
        await one.count(key, 60);
        return (await other.count(key, 60)) === 2 ? true : undefined;
      });
      await one.read("list", 60, () => Promise.resolve("first"));
      assert.equal(await ask("get", "value:list"), '"first"');
      await other.forget("list");
      assert.equal(await ask("get", "value:list"), "");
    } finally {
      await one.close();
      await other.close();
    }
  });

  test("nobody gets in without the password", async () => {
    assert.match(await docker(["exec", server, "redis-cli", "get", "x"]), /NOAUTH/);
  });

  for (const command of [
    "config get dir",
    "config set dir /etc",
    "replicaof 192.0.2.1 6379",
    "module load /tmp/x.so",
    "migrate 192.0.2.1 6379 x 0 1",
    "debug sleep 0",
    "save",
    "shutdown nosave",
    "acl list",
    "monitor",
    "slowlog get",
    "client kill type normal",
  ]) {
    test(`the application's login may not: ${command}`, async () => {
      assert.match(await ask(...command.split(" ")), /^(?:NOPERM|ERR (?:MODULE|DEBUG) command not allowed)/);
    });
  }

  test("what libraries of caches, queues and sessions use is allowed", async () => {
    for (const command of [
      ["info", "server"],
      ["client", "list"],
      ["client", "setname", "queue"],
      ["set", "a", "1", "EX", "60"],
      ["keys", "*"],
      ["scan", "0"],
      ["eval", "return redis.call('incr', KEYS[1])", "1", "a"],
      ["rpush", "list", "2", "1"],
      ["sort", "list"],
      ["xadd", "stream", "*", "field", "value"],
      ["publish", "channel", "message"],
      ["flushdb"],
    ]) {
      assert.doesNotMatch(await ask(...command), /NOPERM|ERR/, command.join(" "));
    }
  });
});
