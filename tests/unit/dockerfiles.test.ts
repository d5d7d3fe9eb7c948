import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
/** Instructions of each Dockerfile, continued lines joined, comments left out. */
const dockerfiles = globSync(["images/*/Dockerfile", "app/Dockerfile"], { cwd: root }).map((file) => ({
  file,
  instructions: read(file)
    .replaceAll(/^\s*#.*\n/gm, "")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== ""),
}));

function each(word: string): readonly { readonly file: string; readonly line: string }[] {
  return dockerfiles.flatMap(({ file, instructions }) =>
    instructions.filter((line) => line.startsWith(`${word} `)).map((line) => ({ file, line })),
  );
}

test("packages are installed without what is only recommended, and never updated alone", () => {
  assert.ok(dockerfiles.length >= 8);
  for (const { file, line } of each("RUN")) {
    if (line.includes("apt-get -qq update")) assert.match(line, /apt-get -qq (?:install|download)/, file);
    if (line.includes("apt-get -qq install")) assert.match(line, /--no-install-recommends/, file);
  }
});

test("what is built on an image of others keeps no setuid or setgid file of it", () => {
  const drops = "find / -xdev -type f -perm /6000 -exec chmod a-s '{}' +";
  for (const name of ["app/Dockerfile", "images/backup/Dockerfile", "images/watcher/Dockerfile"])
    assert.ok(
      each("RUN").some(({ file, line }) => file === name && line.includes(drops)),
      name,
    );
});

test("ADD unpacks local archives only", () => {
  for (const { file, line } of each("ADD")) assert.match(line, /^ADD \w+\.tgz \//, file);
});

test("no Dockerfile takes a secret", () => {
  for (const { file, line } of [...each("ARG"), ...each("ENV")])
    assert.doesNotMatch(line, /password|secret|token|passphrase|_key/i, file);
});

test("every package is checked by signature or hash", () => {
  assert.match(read("images/debian/bootstrap.sh"), /debootstrap [^\n]*--force-check-gpg/);
  assert.match(read("images/certbot/Dockerfile"), /--only-binary :all: --require-hashes/);
  for (const { file, line } of each("RUN")) {
    assert.doesNotMatch(
      line,
      /allow-unauthenticated|trusted=yes|\b(?:curl|wget) [^&|]*(?:-|http)|npm install/,
      file,
    );
  }
  for (const lock of ["package-lock.json", "app/package-lock.json"]) {
    const { packages } = JSON.parse(read(lock)) as {
      packages: Record<string, { integrity?: string; link?: boolean }>;
    };
    for (const [name, { integrity, link }] of Object.entries(packages))
      assert.ok(name === "" || link === true || integrity?.startsWith("sha512-"), `${lock}: ${name}`);
  }
});
