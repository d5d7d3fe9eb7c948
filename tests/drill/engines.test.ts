import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { BaseImageName } from "../../images/catalogue.ts";
import { baseImage } from "../support/base-image.ts";
import { builtEngine, engineVersion } from "../support/built-engine.ts";
import { otherEngine, type OtherEngine } from "../support/other-engine.ts";

/** What is run on the newer engine, as `berth test` names it; ENGINES_SUITES chooses others. */
const suites = (
  process.env["ENGINES_SUITES"] ??
  "e2e/image-app e2e/image-contract e2e/image-pull e2e/edge-serving e2e/edge-releases e2e/stack-basic e2e/stack-registry e2e/stack-rolling e2e/stack-rollback e2e/stack-failures e2e/stack-releases"
).split(" ");

/** The distribution's own client, which is older than the engine. */
const olderClient = "/usr/bin/docker";

/** What the suites start. The catalogue has versions of other years too, and not all can be had. */
const images = [
  "debian",
  "node",
  "postgres",
  "redis",
  "nginx",
  "certbot",
  "adminer",
  "layer",
  "machine-ca",
] as const satisfies readonly BaseImageName[];

async function passes(engine: OtherEngine, suite: string): Promise<void> {
  const last = await engine.show(process.execPath, ["cli/berth.mjs", "test", suite]);
  assert.match(last, /^[1-9]\d* passed, 0 failed/);
}

await describe(`Docker Engine ${engineVersion}`, { timeout: 7_200_000 }, () => {
  let engine: OtherEngine;
  let programs: string;

  before(async () => {
    programs = await builtEngine((line) => {
      console.log(line);
    });
    engine = await otherEngine({ programs });
    await engine.take(await Promise.all(images.map(baseImage)));
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
    test(`${suite} on it`, async () => {
      await passes(engine, suite);
    });
  }

  test(
    "a client of the distribution, older than the engine",
    { skip: !existsSync(olderClient) },
    async (t) => {
      const client = mkdtempSync(join(tmpdir(), "berth-client-"));
      try {
        symlinkSync(olderClient, join(client, "docker"));
        const path = `${client}:${process.env["PATH"] ?? ""}`;
        const version = await engine.run("docker", ["version", "--format", "{{.Client.Version}}"], {
          PATH: path,
        });
        t.diagnostic(version.stdout.trim());
        const last = await engine.show(process.execPath, ["cli/berth.mjs", "test", "e2e/stack-basic"], {
          PATH: path,
        });
        assert.match(last, /^[1-9]\d* passed, 0 failed/);
      } finally {
        rmSync(client, { recursive: true });
      }
    },
  );
});
