import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { postgresImages } from "../../images/catalogue.ts";
import { acceptableImages } from "../../images/lib/recipe.ts";
import { dataPlace } from "../../infra/policy/database-definition.ts";
import {
  dataVolumeName,
  parseVersions,
  postgresVersions,
  presentVersion,
  versionLabel,
  versionOfVolume,
  type DataFiles,
  type VersionRecord,
} from "../../releases/data-version.ts";

const shop = { project: "berth", stack: "shop" };
const copy: VersionRecord = { from: "15", to: "17", way: "copy", at: "2026-11-27T14:00:00.000Z" };
const back: VersionRecord = { from: "17", to: "15", way: "back", at: "2026-11-27T15:00:00.000Z" };
const present = (files: Partial<DataFiles>) =>
  presentVersion({ running: undefined, frozen: false, volumes: ["15", "17"], changes: [], ...files });

test("the volume of 17 has the name that it always had; others have their version's", () => {
  assert.equal(dataVolumeName(shop, "17"), "berth-shop-postgres");
  assert.equal(dataVolumeName(shop, "18"), "berth-shop-postgres-18");
  for (const version of postgresVersions)
    assert.equal(versionOfVolume(shop, dataVolumeName(shop, version)), version);
  assert.equal(versionOfVolume(shop, "berth-shop-postgres-18-rehearsal"), undefined);
});

test("images from 18 on have their volume above the folder of the version", () => {
  assert.deepEqual(dataPlace("17").target, "/var/lib/postgresql/data");
  assert.deepEqual(dataPlace("18"), {
    target: "/var/lib/postgresql",
    folder: "/var/lib/postgresql/18/docker",
  });
});

test("every version has an image, of both sources unless Debian has none", () => {
  for (const version of postgresVersions) {
    const references = acceptableImages(postgresImages[version], "auto", {}).map(
      ({ reference }) => reference,
    );
    assert.match(references[0] ?? "", new RegExp(`^postgres:${version}\\.\\d+-`));
    assert.equal(references.length, version === "16" ? 1 : 2);
  }
});

describe("the version that may be deployed", () => {
  test("is that of the data", () => {
    assert.equal(present({ running: "15" }), "15");
    assert.equal(present({ volumes: ["15"] }), "15");
    assert.equal(present({ volumes: [] }), undefined, "there is no data yet");
    assert.equal(present({ changes: [copy] }), "17", "a stack that is down");
    assert.equal(present({ changes: [back, copy] }), "15");
    assert.equal(present({ volumes: ["15"], changes: [copy] }), "15", "the copy is gone");
  });

  test("is that of a copy only while the original takes no writes", () => {
    assert.equal(present({ running: "15", changes: [copy], frozen: true }), "17");
    assert.equal(present({ running: "15", changes: [copy] }), "15");
    assert.equal(present({ running: "17", changes: [copy] }), "17");
    assert.equal(present({ running: "17", changes: [back, copy] }), "15", "the way back waits for nothing");
  });
});

test("records are read newest first, and others passed over", () => {
  const inspection = JSON.stringify([
    { Name: "a", Labels: { [versionLabel]: JSON.stringify(copy) } },
    { Name: "b", Labels: { [versionLabel]: JSON.stringify(back) } },
    { Name: "c", Labels: { [versionLabel]: '{"to":"99"}' } },
  ]);
  assert.deepEqual(parseVersions(inspection), [
    { ...back, volume: "b" },
    { ...copy, volume: "a" },
  ]);
});
