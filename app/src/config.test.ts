import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "./config.ts";
import { SettingProblems } from "./platform/settings/setting-problems.ts";

const least = { DATABASE_HOST: "db", DATABASE_NAME: "app", DATABASE_USER: "app_a" };

test("the least settings give a development config on loopback", () => {
  const config = loadConfig(least);
  assert.equal(config.host, "127.0.0.1");
  assert.equal(config.port, 8000);
  assert.equal(config.production, false);
  assert.equal(config.database.password, undefined);
});

test("reports every problem at once, with the setting's name and meaning, without its value", () => {
  const environment = {
    DATABASE_HOST: "",
    DATABASE_PORT: "99999",
    APP_ENV: "prod-hunter2",
    TIME_ZONE: "Mars/Olympus",
    DATABASE_USER: "app",
    DATABASE_NAME: "app",
  };
  assert.throws(
    () => loadConfig(environment),
    (error) => {
      assert.ok(error instanceof SettingProblems);
      assert.equal(error.problems.length, 4);
      assert.match(error.message, /DATABASE_HOST is not set\. It is the host name of Postgres/);
      assert.match(error.message, /DATABASE_PORT is above 65535/);
      assert.match(error.message, /APP_ENV is none of development, production/);
      assert.match(error.message, /TIME_ZONE is not an IANA time zone/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    },
  );
});

test("reads a module's secret by its name; a missing one is named with the fix", () => {
  const files: Record<string, string> = { "/s/own-paymentKey": "sk_1" };
  const readFile = (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error("gone"), { code: "ENOENT" });
    return text;
  };
  const { secret } = loadConfig({ ...least, SECRETS_PREFIX: "/s/own-" }, readFile);
  assert.equal(secret("paymentKey"), "sk_1");
  assert.throws(() => secret("otherKey"), /--path secrets\.otherKey/);
  assert.throws(() => secret("../keys"), /There is no secret/);
  assert.throws(() => loadConfig(least, readFile).secret("paymentKey"), /There is no secret/);
});

test("secrets come from files; a missing, an empty and an unreadable one are all named", () => {
  const files: Record<string, string> = {
    "/s/db": "",
    "/s/keys": `${"k".repeat(32)}\n${"l".repeat(32)} 2026-12-01T00:00:00Z\n`,
  };
  const readFile = (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error("gone"), { code: "ENOENT" });
    return text;
  };
  const environment = {
    ...least,
    APP_ENV: "production",
    DATABASE_PASSWORD_FILE: "/s/db",
    REDIS_URL: "redis://cache",
    REDIS_PASSWORD_FILE: "/s/redis",
  };
  assert.throws(
    () => loadConfig(environment, readFile),
    (error) => {
      assert.ok(error instanceof SettingProblems);
      assert.deepEqual(
        error.problems.map((problem) => problem.split(" ")[0]),
        ["DATABASE_PASSWORD_FILE", "SESSION_KEYS_FILE", "REDIS_PASSWORD_FILE"],
      );
      return true;
    },
  );
  files["/s/db"] = "swordfish\n";
  files["/s/redis"] = "trout";
  const config = loadConfig({ ...environment, SESSION_KEYS_FILE: "/s/keys" }, readFile);
  assert.equal(config.database.password, "swordfish");
  assert.equal(config.redis?.password, "trout");
  assert.deepEqual(config.sessionKeys, [
    { key: "k".repeat(32) },
    { key: "l".repeat(32), until: Date.UTC(2026, 11, 1) },
  ]);
});

test("a bucket needs its name and both keys, and excludes a proxy that sends from the volume", () => {
  const environment = { ...least, S3_ENDPOINT: "https://s3.example.test/", MEDIA_ACCEL: "/protected/" };
  assert.throws(
    () => loadConfig(environment),
    (error) => {
      assert.ok(error instanceof SettingProblems);
      assert.deepEqual(
        error.problems.map((problem) => problem.split(" ")[0]),
        ["S3_BUCKET", "S3_ACCESS_KEY", "S3_SECRET_KEY_FILE", "MEDIA_ACCEL"],
      );
      return true;
    },
  );
  const bucket = { S3_BUCKET: "media", S3_ACCESS_KEY: "key", S3_SECRET_KEY_FILE: "/s/s3" };
  const config = loadConfig({ ...environment, MEDIA_ACCEL: "", ...bucket }, () => "swordfish\n");
  assert.equal(config.media.s3?.endpoint, "https://s3.example.test");
  assert.equal(config.media.s3.secretKey, "swordfish");
  assert.equal(config.media.s3.redirect, false);
});

test("a session key that can be guessed is refused", () => {
  const environment = { ...least, SESSION_KEYS_FILE: "/s/keys" };
  assert.throws(
    () => loadConfig(environment, () => "short"),
    /SESSION_KEYS_FILE holds a key shorter than 32/,
  );
});
