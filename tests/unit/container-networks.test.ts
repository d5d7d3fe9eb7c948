import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { networkWithWay } from "../../cli/docker/container-networks.ts";
import { Docker } from "../../system/docker.ts";

/** An engine whose networks have these names, and a way out or none. */
function engine(t: TestContext, networks: Readonly<Record<string, boolean>>): Docker {
  const folder = mkdtempSync(join(tmpdir(), "berth-networks-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const found = Object.entries(networks).map(([Name, out]) => ({ Name, Internal: !out }));
  writeFileSync(join(folder, "docker"), `#!/bin/sh\necho '${JSON.stringify(found)}'\n`);
  chmodSync(join(folder, "docker"), 0o755);
  return new Docker({ ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` });
}

test("a network is told by its way out, whatever it is called", async (t) => {
  const networks = { "internal-tools-backups": true, "backbone-1f": false };
  const docker = engine(t, networks);
  assert.equal(await networkWithWay(docker, Object.keys(networks), "out"), "internal-tools-backups");
  assert.equal(await networkWithWay(docker, Object.keys(networks), "none"), "backbone-1f");
});

test("a container without the network that is asked for is refused, with those that it has", async (t) => {
  await assert.rejects(
    networkWithWay(engine(t, { edge: true }), ["edge"], "none"),
    /no network without a way out, but on edge\. npx berth up/,
  );
});
