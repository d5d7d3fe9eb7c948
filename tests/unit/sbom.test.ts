import assert from "node:assert/strict";
import { test } from "node:test";
import { cycloneDx } from "../../releases/cyclonedx.ts";
import { provenance } from "../../releases/provenance.ts";

const imageId = `sha256:${"0a".repeat(32)}`;
const at = "2026-11-27T10:00:00.000Z";
const subject = { name: "berth/app-prod:0a1b2c3d4e5f", version: "0a1b2c3d4e5f-6a7b8c", imageId, at };
const npm = JSON.stringify({
  packages: {
    "node_modules/@noble/hashes": {
      version: "2.0.1",
      integrity: `sha512-${Buffer.from("a hash").toString("base64")}`,
      license: "MIT",
    },
    "node_modules/a/node_modules/b": { version: "1.0.0-rc.1+x", license: "SEE LICENSE IN LICENSE" },
    "node_modules/linked": { link: true },
  },
});
const stanza = (name: string, status: string) =>
  `Package: ${name}\nStatus: ${status}\nArchitecture: amd64\nDescription: one\n more: lines\nVersion: 1:2.3+deb13u1\n`;
const dpkg = [stanza("libstdc++6", "install ok installed"), stanza("gone", "deinstall ok config-files")].join(
  "\n",
);
const system = 'NAME="Debian"\nVERSION_ID="13"\nID=debian\n';

interface Bom {
  readonly serialNumber: string;
  readonly components: readonly {
    readonly purl: string;
    readonly hashes?: unknown;
    readonly licenses?: unknown;
  }[];
}

test("packages of npm and Debian are named as other tools name them, and those that are not installed are left out", () => {
  const { components, serialNumber } = cycloneDx(subject, { npm, dpkg, system }) as Bom;
  assert.deepEqual(
    components.map(({ purl }) => purl),
    [
      "pkg:deb/debian/libstdc%2B%2B6@1%3A2.3%2Bdeb13u1?arch=amd64&distro=debian-13",
      "pkg:npm/%40noble/hashes@2.0.1",
      "pkg:npm/b@1.0.0-rc.1%2Bx",
    ],
  );
  assert.deepEqual(components[1]?.hashes, [
    { alg: "SHA-512", content: Buffer.from("a hash").toString("hex") },
  ]);
  assert.deepEqual(components[1].licenses, [{ expression: "MIT" }]);
  assert.equal(components[2]?.licenses, undefined);
  assert.match(serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("the same image gives the same text, and an image that tells nothing has no components", () => {
  assert.deepEqual(cycloneDx(subject, { npm, dpkg, system }), cycloneDx(subject, { npm, dpkg, system }));
  const silent = cycloneDx(subject, { npm: undefined, dpkg: undefined, system: undefined }) as Bom;
  assert.deepEqual(silent.components, []);
});

test("the provenance of a release says its commit, and whether files differed from it", () => {
  const record = {
    ...{
      release: "0a1b2c3d4e5f-6a7b8c",
      image: subject.name,
      imageId,
      secrets: "s",
      migrations: ["one"],
      breaking: [],
    },
    ...{ at, by: "ann@desk", commit: "c0ffee+" },
  };
  const text = JSON.stringify(provenance(record, "prod"));
  assert.match(text, /"gitCommit":"c0ffee"\},"annotations":\{"clean":false\}/);
  assert.match(text, /"digest":\{"sha256":"(?:0a){32}"\}/);
  assert.doesNotMatch(JSON.stringify(provenance({ ...record, commit: null }, "prod")), /gitCommit/);
});
