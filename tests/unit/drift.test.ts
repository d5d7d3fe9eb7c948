import assert from "node:assert/strict";
import { test } from "node:test";
import { requireDeployed } from "../../cli/deploy/deployed-state.ts";
import { renderDrift } from "../../cli/drift/drift.ts";
import { detachedContainers, endsOf, strangers } from "../../cli/drift/network-drift.ts";
import { readListing } from "../../cli/drift/proxy-files.ts";
import { resourceDrift } from "../../cli/drift/resource-drift.ts";
import { parseDeployment } from "../../cli/pulumi/deployment.ts";
import { setName } from "../../infra/rendering/edge-config.ts";

const urn = (name: string, type = "docker:index/container:Container") =>
  `urn:pulumi:prod::berth::berth:index:App$${type}::${name}`;
const container = (id: string, status: string, networks: string[], oomKilled = false) => ({
  Id: id,
  Name: `/berth-prod-${id}`,
  State: {
    Status: status,
    ExitCode: 137,
    FinishedAt: "2026-11-20T10:11:12.345Z",
    OOMKilled: oomKilled,
  },
  NetworkSettings: { Networks: Object.fromEntries(networks.map((name) => [name, {}])) },
});

test("of a stack that is not deployed, nothing is said to be as it should be", () => {
  const state = (resources: object[]) => parseDeployment(JSON.stringify({ deployment: { resources } }));
  assert.throws(() => {
    requireDeployed("prod", state([]));
  }, /Stack prod is not deployed\. What an update would make: npx berth preview --stack prod/);
  requireDeployed("prod", state([{ urn: urn("app-1"), type: "docker:index/container:Container", id: "a" }]));
});

test("what is gone, stopped or changed is told, with the numbers that are no secrets", () => {
  const steps = [
    { op: "refresh", urn: urn("app-3") },
    { op: "delete", urn: urn("app-1"), oldState: { id: "app-1" } },
    { op: "update", urn: urn("app-2"), oldState: { id: "app-2" }, detailedDiff: { mustRun: {} } },
    { op: "update", urn: urn("app-4"), oldState: { id: "app-4" }, detailedDiff: { mustRun: {} } },
    {
      op: "update",
      urn: urn("worker"),
      oldState: { id: "w", outputs: { memory: 512, envs: ["TOKEN=old-secret"] } },
      newState: { id: "w", outputs: { memory: 300, envs: ["TOKEN=new-secret"] } },
      detailedDiff: { memory: {}, memorySwap: {}, "envs[0]": {} },
    },
    { op: "delete", urn: urn("media-data", "docker:index/volume:Volume"), oldState: { id: "m" } },
  ];
  const ends = endsOf([container("app-2", "exited", []), container("app-4", "exited", [], true)]);
  const found = resourceDrift(JSON.stringify({ steps }), "prod", ends);
  assert.deepEqual(
    found.map(({ how, what }) => `${what} ${how}`),
    [
      "container app-1 is gone",
      "container app-2 is stopped since 2026-11-20 10:11:12 UTC (exit code 137)",
      "container app-4 is stopped since 2026-11-20 10:11:12 UTC (killed for its memory)",
      "container worker has memory 300 MiB instead of 512 MiB",
      "container worker has another envs",
      "volume media-data is gone",
    ],
  );
  assert.deepEqual([...new Set(found.map(({ fix }) => fix))], ["npx berth up --refresh --stack prod"]);
});

test("a container that left a network, and one that joined it by hand, are told", () => {
  const resource = (id: string) => ({
    urn: urn(id),
    type: "docker:index/container:Container",
    id,
    inputs: { networksAdvanced: [{ name: "edge" }, { name: "internal" }] },
  });
  const deployment = parseDeployment(
    JSON.stringify({ deployment: { resources: [resource("redis"), resource("app")] } }),
  );
  const containers = [
    container("redis", "running", ["edge"]),
    // One that is stopped is told as such.
    container("app", "exited", []),
  ];
  assert.deepEqual(detachedContainers(deployment, containers), [
    {
      what: "container redis",
      how: "is not on the network internal",
      fix: "docker network connect internal berth-prod-redis",
    },
  ]);
  const networks = [{ Name: "edge", Containers: { redis: { Name: "r" }, other: { Name: "hand-made" } } }];
  assert.deepEqual(
    strangers(new Set(["redis"]), networks).map(({ fix }) => fix),
    ["docker rm --force hand-made"],
  );
});

test("a listing of files is read by their sizes, whatever is in them", () => {
  const files = { "nginx.conf": "http {\n}\n", "pages/é.html": "12 pages/b\nä", upstreams: "" };
  const printed = Object.entries(files)
    .map(([path, text]) => `${Buffer.byteLength(text)} ${path}\n${text}`)
    .join("");
  assert.deepEqual(readListing(`sets/${setName(files)}\n${printed}`), { set: setName(files), files });
});

test("each command is shown once, and a stack without drift is said to have none", () => {
  const one = { what: "container a", how: "is gone", fix: "npx berth up --refresh --stack prod" };
  const text = renderDrift("prod", [one, { ...one, what: "container b" }]);
  assert.equal(text.split(one.fix).length, 2);
  assert.equal(renderDrift("prod", []), "Stack prod is as its last update left it.");
});
