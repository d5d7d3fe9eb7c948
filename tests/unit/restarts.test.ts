import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runningPart } from "../../infra/facts/running-part.ts";
import { decideRestart, type LeftPart, type WantedPart } from "../../infra/resources/restart.ts";
import {
  describeRestart,
  describeWaiting,
  parseRestarts,
  parseWaiting,
  restartLabel,
  waitingLabel,
} from "../../releases/restart-record.ts";
import { missingConnections } from "../../stacks/database.ts";
import { parseSettings } from "../../stacks/parse.ts";

const wanted: WantedPart = {
  part: "postgres",
  images: ["postgres:17.12", "berth/postgres:17-abc"],
  memory: 512,
  settings: { max_connections: "100" },
  definition: "d1",
  upgrade: undefined,
  rotation: undefined,
};
const left: LeftPart = {
  image: "postgres:17.12",
  memory: 512,
  settings: { max_connections: "100" },
  labels: { "berth.definition": "d1" },
};
const decide = (more: Partial<WantedPart>, changed: Partial<LeftPart> = {}) =>
  decideRestart({ ...wanted, ...more }, { ...left, ...changed }, true);

describe("a restart", () => {
  test("is not needed where nothing differs, also if the image came from the other source", () => {
    assert.deepEqual(decide({}), { wanted, held: true, changes: [], agreed: undefined });
    assert.deepEqual(decide({}, { image: "berth/postgres:17-abc" }).changes, []);
    assert.deepEqual(decide({}, { labels: {} }).changes, [], "a container from before the labels");
  });

  test("waits for whatever only it brings", () => {
    const { held, changes } = decide(
      { memory: 1024, definition: "d2", settings: { max_connections: "300", wal_level: "replica" } },
      { image: "postgres:17.11" },
    );
    assert.equal(held, true);
    assert.deepEqual(changes, [
      { what: "image", from: "postgres:17.11", to: "postgres:17.12" },
      { what: "memory", from: "512 MiB", to: "1024 MiB" },
      { what: "max_connections", from: "100", to: "300" },
      { what: "wal_level", from: "unset", to: "replica" },
      { what: "definition of the container", from: "d1", to: "d2" },
    ]);
  });

  test("is done once an agreement is later than the container's, and not again", () => {
    const upgrade = "2026-11-27T14:00:00.000Z";
    const under = (time: string) => ({ labels: { ...left.labels, "berth.upgrade": time } });
    assert.equal(decide({ upgrade, memory: 1024 }).held, false);
    assert.equal(decide({ upgrade, memory: 1024 }, under("2026-11-27T13:59:59.000Z")).held, false);
    for (const time of [upgrade, "2026-11-28T00:00:00.000Z"]) {
      const { held, agreed } = decide({ upgrade, memory: 1024 }, under(time));
      assert.deepEqual([held, agreed], [true, time]);
    }
  });

  test("is done for a new password, for a part that is not there, and in development", () => {
    assert.equal(decide({ rotation: "second" }, { rotation: "first" }).held, false);
    assert.equal(decide({ rotation: "second" }, { rotation: "second" }).held, true);
    const made = { ...left.labels, "berth.rotation": "second" };
    assert.equal(decide({ rotation: "second" }, { rotation: "first", labels: made }).held, true);
    assert.equal(decideRestart(wanted, undefined, true).held, false);
    assert.equal(decideRestart({ ...wanted, memory: 1024 }, left, false).held, false);
  });
});

test("a part is found in a state by its component, with the settings among its arguments", () => {
  const type = "docker:index/container:Container";
  const outputs = {
    image: "postgres:17.12",
    memory: 512,
    command: ["postgres", "-c", "max_connections=100", "-c", "shared_buffers=128MB"],
    labels: [{ label: "berth.part", value: "postgres" }],
    mounts: [{ source: "berth-s-postgres", target: "/var/lib/postgresql/data" }],
  };
  const state = {
    [`urn:pulumi:s::berth::berth:index:Database$${type}::postgres`]: { type, outputs },
    [`urn:pulumi:s::berth::berth:index:Adminer$${type}::adminer`]: { type, outputs: {} },
  };
  assert.deepEqual(runningPart(state, "Database"), {
    image: "postgres:17.12",
    memory: 512,
    settings: { max_connections: "100", shared_buffers: "128MB" },
    labels: { "berth.part": "postgres" },
    volumes: ["berth-s-postgres"],
  });
  assert.equal(runningPart(state, "Cache"), undefined);
});

test("replicas that need more connections than the running Postgres has are refused", () => {
  const config = parseSettings("prod", { replicas: "20", databaseMaxConnections: "300" });
  assert.match(missingConnections(config, "100") ?? "", /225 connections are needed.*runs with 100/);
  assert.match(missingConnections(config, "100") ?? "", /npx berth upgrade postgres --stack prod/);
  assert.equal(missingConnections(config, "300"), undefined);
  assert.equal(missingConnections(config, undefined), undefined);
});

test("an agreement is a moment that has come", () => {
  const of = (databaseUpgrade: string) => parseSettings("prod", { databaseUpgrade }).database.databaseUpgrade;
  assert.equal(of("2026-11-27"), "2026-11-27T00:00:00.000Z");
  assert.equal(of("2026-11-27T14:00:00+02:00"), "2026-11-27T12:00:00.000Z");
  // What Pulumi makes of a date that stands in the settings file without quotes.
  assert.equal(of("2026-11-27 00:00:00 +0000 UTC"), "2026-11-27T00:00:00.000Z");
  assert.equal(of("2026-11-27 14:00:00 +0200 +0200"), "2026-11-27T12:00:00.000Z");
  for (const wrong of ["now", "27.11.2026", "2126-11-27", ""])
    assert.throws(() => of(wrong), /databaseUpgrade: expected a date or a time/, wrong);
});

test("records on the engine are read, others passed over, and said in a line", () => {
  const waiting = {
    part: "postgres",
    changes: [
      {
        what: "image",
        from: "postgres:17.11",
        to: "postgres:17.12",
        since: "2026-11-27T14:00:00.000Z",
        versions: ["17.11", "17.12"],
      },
      { what: "memory", from: "512 MiB", to: "640 MiB", since: "2026-11-20T08:30:00.000Z", versions: [] },
    ],
    seconds: 2.34,
  };
  const restart = {
    part: "redis",
    at: "2026-11-27T14:05:00.000Z",
    by: "anna@laptop",
    from: "8.0.2",
    to: "8.0.3",
    seconds: 1.2,
  };
  const inspection = JSON.stringify([
    { Name: "a", Labels: { [waitingLabel]: JSON.stringify(waiting) } },
    { Name: "b", Labels: { [waitingLabel]: "{" } },
    { Name: "c", Labels: { [restartLabel]: JSON.stringify(restart) } },
    { Name: "d", Labels: null },
  ]);
  const [record, ...others] = parseWaiting(inspection);
  assert.deepEqual(others, []);
  assert.equal(
    describeWaiting(record ?? assert.fail("there is one"), "prod"),
    "Postgres was not restarted. Waiting since 2026-11-20 08:30 UTC: image postgres:17.11 → postgres:17.12 (17.11 → 17.12); " +
      "memory 512 MiB → 640 MiB. The restart takes about 2.3 s, as the last time: npx berth upgrade postgres --stack prod",
  );
  assert.deepEqual(parseRestarts(inspection).map(describeRestart), [
    "Redis was restarted by anna@laptop on 2026-11-27 14:05 UTC: version 8.0.2 → 8.0.3, without an answer for 1.2 s.",
  ]);
});
