import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { baseImageNames } from "../../images/catalogue.ts";
import { stableReference } from "../../images/lib/recipe.ts";
import { finish } from "../support/docker.ts";

const program = join(import.meta.dirname, "../../images/provide.ts");
const provide = (args: readonly string[], env: Record<string, string> = {}) =>
  finish(process.execPath, [program, ...args], { env });

test("--help names every image", async () => {
  const { status, stdout } = await provide(["--help"]);
  assert.equal(status, 0);
  for (const name of baseImageNames) assert.match(stdout, new RegExp(`^  ${name} `, "m"));
});

test("wrong arguments are all reported at once, with exit code 2", async () => {
  const { status, stdout, stderr } = await provide(["debain", "redis", "--source", "hub"]);
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /NAME must be one of debian, node,/);
  assert.match(stderr, /--source must be one of auto, official, debian/);
  assert.match(stderr, /One NAME at a time/);
});

test("an unknown option is named, with exit code 2", async () => {
  const { status, stderr } = await provide(["redis", "--sauce", "debian"]);
  assert.equal(status, 2);
  assert.match(stderr, /--sauce/);
});

test("--print-reference needs no engine", async () => {
  const { status, stdout } = await provide(["redis", "--print-reference"], {
    DOCKER_HOST: "tcp://127.0.0.1:1",
  });
  assert.equal(status, 0);
  assert.equal(stdout, `${stableReference("redis", process.env)}\n`);
});

test("an engine that cannot be reached is named, with exit code 1 and nothing on standard output", async () => {
  const { status, stdout, stderr } = await provide(["redis"], { DOCKER_HOST: "tcp://127.0.0.1:1" });
  assert.equal(status, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /The Docker engine \(tcp:\/\/127\.0\.0\.1:1\) did not answer/);
});

test("without the docker command, the message says so", async () => {
  const { status, stderr } = await provide(["redis"], { PATH: "/nowhere" });
  assert.equal(status, 1);
  assert.match(stderr, /docker is not installed, or not on PATH/);
});
