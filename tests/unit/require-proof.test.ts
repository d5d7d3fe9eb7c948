import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { requireProof } from "../../cli/status/require-proof.ts";
import { parseSettings } from "../../stacks/parse.ts";
import type { Container } from "../../system/container.ts";
import { Docker } from "../../system/docker.ts";

const status = {
  ...{ stack: "prod", at: 1_795_793_813, healthy: true, problems: [], lagSeconds: 1, waitingBytes: 0 },
  ...{ archiveStopped: null, running: null, next: {}, maxProofAge: 8 },
  repositories: [
    {
      ...{ kind: "volume", error: null, restorableFrom: null, restorableTo: null, backups: [], gaps: [] },
      ...{ lastRun: null, lastProof: null, lastProved: null },
    },
  ],
};

test("a deployment asks for the proof of its own stack's backups, whatever else the engine runs", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "berth-proof-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, "docker"), `#!/bin/sh\necho '${JSON.stringify(status)}'\n`, { mode: 0o755 });
  const docker = new Docker({ PATH: `${folder}:${process.env["PATH"] ?? ""}` }, undefined, "berth");
  const config = parseSettings("prod", {
    ...{ domain: "example.org", tls: "selfsigned", proofPolicy: "refuse" },
  });
  const backup = (stack: string, project: string): Container => ({
    ...{ id: "1", name: "backups", stack, project, part: "backup", release: undefined, image: "backup" },
    ...{ status: "running", exitCode: 0, health: "healthy", created: new Date(0), started: new Date(0) },
    ...{ ports: [], publicUrls: [] },
  });
  const said: string[] = [];
  const asked = (...containers: Container[]) =>
    requireProof(docker, config, containers, (text) => said.push(text));
  await asked(backup("shop", "berth"), backup("prod", "other"));
  assert.deepEqual(said, []);
  await assert.rejects(
    asked(backup("shop", "berth"), backup("prod", "berth")),
    /proofPolicy refuses this: no backup in volume was ever proved/,
  );
});
