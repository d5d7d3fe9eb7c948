import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { baseImage, suiteImages } from "../support/base-image.ts";
import { builtEngine, engineVersion } from "../support/built-engine.ts";
import { goPrograms } from "../support/go-programs.ts";
import { otherEngine, type OtherEngine } from "../support/other-engine.ts";

/** What is run on the newer engine, as `berth test` names it, the longest first. */
const suites = [
  ...["e2e/stack-failures", "e2e/stack-releases", "e2e/stack-rollback", "e2e/stack-rolling"],
  ...["e2e/stack-registry", "e2e/stack-basic", "e2e/edge-releases", "e2e/edge-serving"],
  ...["e2e/image-app", "e2e/image-contract", "e2e/image-pull"],
];

/** The distribution's own client, which is older than the engine. */
const olderClient = "/usr/bin/docker";

const buildx = {
  name: "buildx",
  version: "v0.38.2",
  packages: ["github.com/docker/buildx/cmd/buildx"],
};

/** For one suite, in milliseconds; the longest take 20 minutes on two cores with nothing beside. */
const timeout = 5_400_000;

await describe(`Docker Engine ${engineVersion}`, { timeout: 4 * timeout, concurrency: 2 }, () => {
  let engine: OtherEngine;
  let programs: string;

  before(async () => {
    programs = await builtEngine((line) => {
      console.log(line);
    });
    engine = await otherEngine({ programs });
    await engine.take(await Promise.all(suiteImages.map(baseImage)));
  });
  after(() => engine.remove());

  test("it is the one that was built, on the image store of containerd", async (t) => {
    const { stdout } = await engine.run("docker", [
      "info",
      "--format",
      "{{.ServerVersion}} {{json .DriverStatus}}",
    ]);
    t.diagnostic(stdout.trim());
    assert.ok(stdout.startsWith(engineVersion));
    assert.match(stdout, /io\.containerd\.snapshotter\.v1/);
  });

  for (const suite of suites) {
    test(`${suite} on it`, { timeout }, (t) => engine.passes(suite, t.signal));
  }

  test(
    "a deployer's own buildx, set to a builder elsewhere, changes no build and sees no token",
    { timeout },
    async (t) => {
      const config = mkdtempSync(join(tmpdir(), "berth-buildx-"));
      t.after(() => {
        rmSync(config, { recursive: true });
      });
      mkdirSync(join(config, "cli-plugins"));
      symlinkSync(join(await goPrograms(buildx), "buildx"), join(config, "cli-plugins", "docker-buildx"));
      const env = { DOCKER_CONFIG: config, BUILDX_BUILDER: "elsewhere" };
      const { stdout } = await engine.run("docker", ["buildx", "version"], env);
      t.diagnostic(stdout.trim());
      assert.match(stdout, /github\.com\/docker\/buildx/);
      await engine.passes("e2e/image-private-packages", t.signal, env);
    },
  );

  test(
    "a client of the distribution, older than the engine",
    { skip: !existsSync(olderClient), timeout },
    async (t) => {
      const client = mkdtempSync(join(tmpdir(), "berth-client-"));
      t.after(() => {
        rmSync(client, { recursive: true });
      });
      symlinkSync(olderClient, join(client, "docker"));
      const env = { PATH: `${client}:${process.env["PATH"] ?? ""}` };
      const version = await engine.run("docker", ["version", "--format", "{{.Client.Version}}"], env);
      t.diagnostic(version.stdout.trim());
      await engine.passes("e2e/stack-basic", t.signal, env);
    },
  );
});
