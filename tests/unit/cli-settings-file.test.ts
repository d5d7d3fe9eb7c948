import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSettingsFile, readSettingsFile, withoutSalt } from "../../cli/settings/settings-file.ts";

const text = `# Why the port is another one.
encryptionsalt: v1:abc=:v1:def:ghi==
config:
  berth:appPort: 08000
  berth:debug: true
  berth:ratio: 1.0
  berth:names:
    - a
    - b
  berth:smtpPassword:
    secure: v1:xyz
  docker:host: ssh://elsewhere
`;

test("settings are strings as written, without those of other namespaces", () => {
  const file = parseSettingsFile(text, "berth", "Pulumi.dev.yaml");
  assert.deepEqual(file.values, { appPort: "08000", debug: "true", ratio: "1.0", names: '["a","b"]' });
  assert.deepEqual(file.secure, ["smtpPassword"]);
  assert.equal(file.anySecure, true);
  assert.equal(file.salt, "v1:abc=:v1:def:ghi==");
  assert.equal(file.secretsProvider, undefined);
});

test("secrets inside a structure, and in another namespace, are noticed", () => {
  const inside = parseSettingsFile(
    "config:\n  berth:smtp:\n    - user: a\n    - secure: v1:x\n",
    "berth",
    "f",
  );
  assert.deepEqual([inside.secure, inside.values], [["smtp"], {}]);
  const other = parseSettingsFile("config:\n  docker:password:\n    secure: v1:x\n", "berth", "f");
  assert.deepEqual([other.secure, other.anySecure], [[], true]);
});

test("a missing, an empty and a comment-only file have no settings", () => {
  assert.deepEqual(readSettingsFile("/no/such/file", "berth").values, {});
  for (const nothing of ["", "# nothing yet\n", "config:\n", "config: {}\n"]) {
    assert.deepEqual(parseSettingsFile(nothing, "berth", "f").values, {}, nothing);
  }
});

test("names a file that is no settings file", () => {
  assert.throws(
    () => parseSettingsFile("config: [", "berth", "Pulumi.dev.yaml"),
    /^CommandError: Pulumi\.dev\.yaml is no valid YAML/,
  );
  assert.throws(
    () => parseSettingsFile("- a\n", "berth", "Pulumi.dev.yaml"),
    /Pulumi\.dev\.yaml must hold settings/,
  );
});

test("the salt goes, and everything else stays", () => {
  assert.equal(withoutSalt(text), text.replace(/^encryptionsalt:.*\n/m, ""));
  assert.equal(withoutSalt("encryptionsalt: v1:a:v1:b:c\n"), "");
});
