import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { generatedDockerfile, generatedIgnore } from "../../declaration/generated-dockerfile.ts";
import { baseImage } from "../support/base-image.ts";
import { docker, finish } from "../support/docker.ts";

/** Writes a lockfile, as each package manager's people do. */
const managers = {
  npm: "npm install --package-lock-only --no-audit --no-fund",
  "pnpm 10": "npx --yes pnpm@10 install --lockfile-only",
  "pnpm 8": "npx --yes pnpm@8 install --lockfile-only",
  "yarn 1": "npx --yes yarn@1 install --non-interactive && rm -r node_modules",
  "yarn 4": "touch yarn.lock && npx --yes @yarnpkg/cli-dist@4 install --mode=update-lockfile",
} as const;

const pack = {
  name: "shop",
  private: true,
  // Building takes what production does not.
  scripts: { build: `node -e "require('is-number'); require('fs').writeFileSync('built', '')"` },
  dependencies: { ms: "2.1.3" },
  devDependencies: { "is-number": "7.0.0" },
};

const shown = `const there = (name) => { try { require(name); return true; } catch { return false; } };
console.log(there("ms"), there("is-number"), require("fs").existsSync("built"), process.getuid());`;

await describe("an application without a Dockerfile", { timeout: 600_000 }, () => {
  let place: string;
  let args: string[];

  before(async () => {
    place = mkdtempSync(join(tmpdir(), "berth-lockfiles-"));
    const [node, ca] = await Promise.all([baseImage("node"), baseImage("machine-ca")]);
    args = ["--build-arg", `NODE_IMAGE=${node}`, "--build-arg", `CA_IMAGE=${ca}`];
  });
  after(() => {
    rmSync(place, { recursive: true, force: true });
  });

  for (const [manager, lock] of Object.entries(managers)) {
    test(`is built with the packages of ${manager}'s lockfile, and without those of development`, async () => {
      const folder = mkdtempSync(join(place, "shop-"));
      writeFileSync(join(folder, "package.json"), JSON.stringify(pack));
      writeFileSync(join(folder, ".dockerignore"), generatedIgnore);
      const locked = await finish("bash", ["-ec", lock], { cwd: folder });
      assert.equal(locked.status, 0, locked.stdout + locked.stderr);
      writeFileSync(join(folder, "Dockerfile"), generatedDockerfile(folder) ?? assert.fail("a lockfile"));
      const built = await finish("docker", ["build", "--quiet", ...args, folder]);
      assert.equal(built.status, 0, built.stdout + built.stderr);
      const image = built.stdout.trim().split("\n").at(-1) ?? "";
      try {
        assert.equal(await docker(["run", "--rm", image, "node", "-e", shown]), "true false true 1000");
      } finally {
        await docker(["image", "rm", image]);
      }
    });
  }
});
