import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
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
console.log(there("ms"), there("is-number"), require("fs").existsSync("built"), process.getuid(), require("./release"));`;

/** An image of one build, and what the build said. */
interface Built {
  readonly image: string;
  readonly said: string;
  readonly layers: readonly string[];
}

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

  /** Writes files and the lockfile, and the Dockerfile that is made of them. */
  async function application(lock: string, files: Readonly<Record<string, string>>): Promise<string> {
    const folder = mkdtempSync(join(place, "shop-"));
    for (const [name, text] of Object.entries({ ".dockerignore": generatedIgnore, ...files })) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const locked = await finish("bash", ["-ec", lock], { cwd: folder });
    assert.equal(locked.status, 0, locked.stdout + locked.stderr);
    writeFileSync(join(folder, "Dockerfile"), generatedDockerfile(folder) ?? assert.fail("a lockfile"));
    return folder;
  }

  async function build(folder: string): Promise<Built> {
    const file = join(place, "image-id");
    const { status, stdout, stderr } = await finish("docker", ["build", "--iidfile", file, ...args, folder]);
    assert.equal(status, 0, stdout + stderr);
    const image = readFileSync(file, "utf8");
    const layers = await docker(["image", "inspect", "--format", "{{json .RootFS.Layers}}", image]);
    return { image, said: stdout, layers: JSON.parse(layers) as string[] };
  }

  const says = (image: string, program: string) => docker(["run", "--rm", image, "node", "-e", program]);
  /** Whether the step that gets the packages was taken from an earlier build. */
  const kept = (said: string) => /^Step \d+\/\d+ : RUN if .*\n ---> Using cache$/m.test(said);

  for (const [manager, lock] of Object.entries(managers)) {
    test(`is built with the packages of ${manager}'s lockfile, once for all sources, and without those of development`, async () => {
      const folder = await application(lock, {
        "package.json": JSON.stringify(pack),
        "release.js": "module.exports = 1;",
      });
      const first = await build(folder);
      try {
        assert.equal(await says(first.image, shown), "true false true 1000 1");
        writeFileSync(join(folder, "release.js"), "module.exports = 2;");
        const second = await build(folder);
        try {
          assert.equal(await says(second.image, shown), "true false true 1000 2");
          assert.ok(kept(second.said), second.said);
          // That of the sources is the last one, and those before are shared.
          assert.deepEqual(second.layers.slice(0, -1), first.layers.slice(0, -1));
          assert.notEqual(second.layers.at(-1), first.layers.at(-1));
        } finally {
          await docker(["image", "rm", second.image]);
        }
      } finally {
        await docker(["image", "rm", first.image]);
      }
    });
  }

  test("has what its own script makes of its sources while packages are installed, and its workspaces", async () => {
    const folder = await application(managers.npm, {
      "package.json": JSON.stringify({
        ...pack,
        workspaces: ["part"],
        scripts: { postinstall: "node tools/make.js" },
      }),
      "tools/make.js": `require("fs").writeFileSync("made.js", "module.exports = require('ms')('2s');");`,
      "part/package.json": JSON.stringify({ name: "part", version: "1.0.0", bin: { part: "part.js" } }),
      "part/part.js": "#!/usr/bin/env node\nmodule.exports = 7;",
      // What somebody has installed for another machine.
      "part/node_modules/ms/index.js": "throw new Error('foreign');",
    });
    const { image } = await build(folder);
    try {
      const made =
        'console.log(require("./made"), require("part/part"), require.resolve("ms", { paths: ["/app/part"] }), require("fs").existsSync("node_modules/.bin/part"))';
      assert.equal(await says(image, made), "2000 7 /app/node_modules/ms/index.js true");
    } finally {
      await docker(["image", "rm", image]);
    }
  });
});
