import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { writeDigests } from "../../images/lib/pin-digests.ts";
import { addFolder, expectedReference, recipeFolder, stableReference } from "../../images/lib/recipe.ts";
import { baseImageNames, baseImages, debianPackagesOf } from "../../images/catalogue.ts";

const folder = mkdtempSync(join(tmpdir(), "berth-recipe-"));
after(() => {
  rmSync(folder, { recursive: true });
});
const read = (path: string): string => readFileSync(join(import.meta.dirname, "../..", path), "utf8");

function hashFolder(path: string): string {
  const hash = createHash("sha256");
  addFolder(hash, path);
  return hash.digest("hex");
}

describe("a recipe's hash", () => {
  const changes: Record<string, (recipe: string) => void> = {
    "a file's content": (recipe) => {
      appendFileSync(join(recipe, "Dockerfile"), "#");
    },
    "a file's executable bit": (recipe) => {
      chmodSync(join(recipe, "docker-entrypoint.sh"), 0o644);
    },
    "a file's name": (recipe) => {
      renameSync(join(recipe, "docker-entrypoint.sh"), join(recipe, "entrypoint.sh"));
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    test(`changes with ${what}`, () => {
      const copy = mkdtempSync(join(folder, "copy-"));
      cpSync(recipeFolder("redis"), copy, { recursive: true });
      assert.equal(hashFolder(copy), hashFolder(recipeFolder("redis")));
      change(copy);
      assert.notEqual(hashFolder(copy), hashFolder(recipeFolder("redis")));
    });
  }
});

describe("references", () => {
  test("a Debian-built image is named after its version and recipe, and the same each time", () => {
    for (const name of baseImageNames.filter((known) => known !== "machine-ca")) {
      const reference = stableReference(name, {});
      const version = baseImages[name].version.replaceAll(".", "\\.");
      assert.match(reference, new RegExp(`^berth/${name}:${version}-[0-9a-f]{12}$`));
      assert.equal(stableReference(name, {}), reference);
    }
  });

  test("the machine's bundle has one name on every machine", () => {
    assert.equal(stableReference("machine-ca", {}), "berth/machine-ca:current");
  });

  test("a preview knows the reference unless the registry decides", () => {
    assert.equal(expectedReference("postgres", "official", {}), baseImages.postgres.official);
    assert.equal(expectedReference("postgres", "debian", {}), stableReference("postgres", {}));
    assert.equal(expectedReference("postgres", "auto", {}), null);
    assert.equal(expectedReference("machine-ca", "official", {}), "berth/machine-ca:current");
  });
});

describe("the catalogue", () => {
  test("every official image is pinned to a version", () => {
    for (const name of baseImageNames) {
      const { official } = baseImages[name];
      if (official !== null)
        assert.match(official, /^[a-z]+(\/[a-z-]+)?:v?\d+\.\d+(\.\d+)?(-[a-z-]+)?(@sha256:[0-9a-f]{64})?$/);
    }
  });

  test("each digest belongs to a tag of the catalogue, and pins it", () => {
    const digests = JSON.parse(read("images/digests.json")) as Record<string, string>;
    const official = baseImageNames.flatMap((name) => baseImages[name].official ?? []);
    for (const [tag, digest] of Object.entries(digests))
      assert.ok(official.includes(`${tag}@${digest}`), tag);
  });

  test("digests are written in order, and a second time the same", () => {
    const folder = mkdtempSync(join(tmpdir(), "berth-digests-"));
    const file = join(folder, "digests.json");
    writeDigests(file, { "redis:8": "sha256:b", "debian:13": "sha256:a" });
    assert.equal(readFileSync(file, "utf8"), '{\n  "debian:13": "sha256:a",\n  "redis:8": "sha256:b"\n}\n');
    assert.deepEqual(readdirSync(folder), ["digests.json"]);
    rmSync(folder, { recursive: true });
  });

  test("every recipe is there", () => {
    for (const name of baseImageNames) {
      const file = baseImages[name].recipe === "debian" ? "bootstrap.sh" : "Dockerfile";
      assert.ok(existsSync(join(recipeFolder(name), file)), name);
    }
  });

  test("both sources of Node.js, and the machine's own, are one version with one checksum", () => {
    const pins = JSON.parse(read("images/node/packages.json")) as Record<
      string,
      { version: string; integrity: string }
    >;
    const packages = JSON.parse(read("package.json")) as { optionalDependencies: Record<string, string> };
    const lock = JSON.parse(read("package-lock.json")) as {
      packages: Record<string, { integrity?: string }>;
    };
    for (const [name, version] of Object.entries(packages.optionalDependencies)) {
      assert.equal(pins[name]?.version, version, name);
      assert.equal(pins[name].integrity, lock.packages[`node_modules/${name}`]?.integrity, name);
      assert.equal(baseImages.node.version, version);
      assert.ok(baseImages.node.official.startsWith(`node:${version}-`));
    }
  });

  test("both sources of Certbot are one major version, the Debian-built one in one version throughout", () => {
    const { version, official } = baseImages.certbot;
    assert.ok(official.includes(`:v${version.split(".")[0] ?? ""}.`));
    for (const name of ["certbot", "certbot-dns-cloudflare", "acme"]) {
      assert.match(
        read("images/certbot/requirements.txt"),
        new RegExp(`^${name}==${version.replaceAll(".", "\\.")} `, "m"),
      );
    }
  });

  // Versions with known holes. Raise a floor with each security release; images/README.md names the
  // fixes.
  const floors = { nginx: [1, 30, 7], certbot: [5, 10, 0] } as const;
  for (const [name, floor] of Object.entries(floors) as [keyof typeof floors, readonly number[]][]) {
    test(`the official image of ${name} is not older than ${floor.join(".")}`, () => {
      const found = /:v?(\d+)\.(\d+)\.(\d+)/.exec(baseImages[name].official)?.slice(1).map(Number) ?? [];
      const first = floor.findIndex((part, at) => part !== found[at]);
      assert.ok(first === -1 || (found[first] ?? 0) > (floor[first] ?? 0), baseImages[name].official);
    });
  }

  test("the Debian-built Nginx has Debian's fixes of 18 November 2026, and its build refuses a mirror without them", () => {
    const day: string = debianPackagesOf;
    assert.ok(day >= "2026-11-18");
    const minimum = /dpkg --compare-versions .* ge 1\.26\.3-3\+deb13u(\d+)/.exec(
      read("images/nginx/Dockerfile"),
    );
    assert.ok(Number(minimum?.[1]) >= 11);
  });

  test("both sources of PostgreSQL and of the base are one release of Debian", () => {
    assert.match(
      baseImages.postgres.official,
      new RegExp(`:${baseImages.postgres.version}\\.\\d+-${baseImages.debian.version}$`),
    );
    assert.match(baseImages.node.official, new RegExp(`-${baseImages.debian.version}-slim$`));
  });

  test("the machine's bundle reaches build stages only", () => {
    const recipes = new Set(baseImageNames.map((name) => baseImages[name].recipe));
    for (const name of [...recipes].filter((known) => known !== "debian" && known !== "machine-ca")) {
      const lines = read(`images/${name}/Dockerfile`).split("\n");
      const finalStage = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
      assert.ok(!finalStage.some((line) => line.includes("machine-ca")), name);
    }
  });
});
