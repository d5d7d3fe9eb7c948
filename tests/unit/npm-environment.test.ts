import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { installDependencies } from "../../cli/install-dependencies.mjs";

test("npm is told to run no install scripts, and sees no passphrase and no cloud's credentials", async (t) => {
  const root = mkdtempSync(join(tmpdir(), "berth-install-"));
  const before = { ...process.env };
  t.after(() => {
    process.env = before;
    rmSync(root, { recursive: true });
  });
  mkdirSync(join(root, "node_modules"));
  writeFileSync(join(root, "package-lock.json"), "{}");
  const npm = join(root, "npm");
  writeFileSync(npm, `#!/bin/sh\nenv > ${root}/seen\necho "$@" > ${root}/told\n`);
  chmodSync(npm, 0o755);
  Object.assign(process.env, {
    PATH: `${root}:${before["PATH"] ?? ""}`,
    PULUMI_CONFIG_PASSPHRASE: "hush",
    AWS_SECRET_ACCESS_KEY: "hush",
    CLOUDFLARE_API_TOKEN: "hush",
    npm_config_local_prefix: "/elsewhere",
    HTTPS_PROXY: "http://proxy:3128",
    NODE_EXTRA_CA_CERTS: "/ca.pem",
    npm_config_registry: "https://npm.example.org/",
  });
  await installDependencies(root);
  const seen = readFileSync(join(root, "seen"), "utf8");
  assert.doesNotMatch(seen, /hush|PASSPHRASE|AWS_|local_prefix/);
  for (const kept of ["HTTPS_PROXY", "NODE_EXTRA_CA_CERTS", "npm_config_registry", "HOME"]) {
    assert.match(seen, new RegExp(`^${kept}=`, "m"));
  }
  assert.match(readFileSync(join(root, "told"), "utf8"), /^ci --ignore-scripts /);
});
