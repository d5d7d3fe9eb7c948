import assert from "node:assert/strict";
import { test } from "node:test";
import { buildArgs } from "../../cli/commands/build.ts";
import { absent, upArgs } from "../../cli/deploy/deploy.ts";
import { heldVolumesMessage } from "../../cli/deploy/held-volumes.ts";
import { previewArgs } from "../../cli/commands/preview.ts";
import {
  deletedVolumes,
  dockerIds,
  parseDeployment,
  parseStateFile,
  runningContainers,
  withoutPendingOperations,
} from "../../cli/pulumi/deployment.ts";
import { partOf, UpdateEvents } from "../../cli/pulumi/update-events.ts";
import { leftovers, type DockerObject } from "../../cli/locks/leftover-objects.ts";
import type { LockRecord } from "../../cli/locks/lock-record.ts";
import { interruptedSince } from "../../cli/locks/recovery.ts";

const appUrn = "urn:pulumi:dev::berth::berth:index:App$docker:index/container:Container::app-1";
const volume = {
  urn: "urn:pulumi:dev::berth::docker:index/volume:Volume::data",
  type: "docker:index/volume:Volume",
  id: "data",
};

function exported(resources: object[], pending?: object[]): string {
  return JSON.stringify({
    version: 3,
    deployment: {
      manifest: { time: "2026-11-21T12:00:00Z", version: "v3.259.0" },
      secrets_providers: { type: "passphrase", state: { salt: "v1:s" } },
      resources,
      ...(pending === undefined ? {} : { pending_operations: pending }),
      metadata: {},
    },
  });
}

const app = (changes: object = {}) => ({
  urn: appUrn,
  type: "docker:index/container:Container",
  id: "c1",
  inputs: {},
  ...changes,
});

test("a state has its salt, its objects on the engine and the expected containers", () => {
  const state = parseDeployment(
    exported([
      { urn: "urn:pulumi:dev::berth::pulumi:pulumi:Stack::berth-dev", type: "pulumi:pulumi:Stack" },
      app(),
      app({ id: "old", delete: true }),
      app({ id: "once", inputs: { mustRun: false } }),
      volume,
    ]),
  );
  assert.equal(state.salt, "v1:s");
  assert.deepEqual([...dockerIds(state)], ["c1", "old", "once", "data"]);
  assert.deepEqual(runningContainers(state), [{ id: "c1", name: "app-1" }]);
  assert.deepEqual(state.pending, []);
});

test("a backend's own file gives the same as an export; unknown forms are left to Pulumi", () => {
  const text = exported([app(), volume], [{ type: "creating", resource: { urn: appUrn } }]);
  const { deployment } = JSON.parse(text) as { deployment: object };
  const file = { version: 3, checkpoint: { stack: "organization/berth/dev", latest: deployment } };
  assert.deepEqual(parseStateFile(JSON.stringify(file)), parseDeployment(text));
  assert.deepEqual(parseStateFile('{"version":3,"checkpoint":{"stack":"s"}}').resources, []);
  assert.throws(() => parseStateFile(JSON.stringify({ ...file, version: 4 })));
  assert.throws(() => parseStateFile("\u001f\u008b"));
});

test("a new stack has an empty state", () => {
  const made = parseDeployment(
    '{"version":3,"deployment":{"manifest":{"time":"2026-11-21T12:00:00Z"},"metadata":{}}}',
  );
  assert.deepEqual([made.resources, made.pending, made.salt], [[], [], undefined]);
  assert.deepEqual(parseDeployment('{"version":3,"deployment":null}').resources, []);
});

test("dropping interrupted operations leaves everything else as it was", () => {
  const pending = [{ type: "creating", resource: { urn: appUrn } }];
  const text = exported([volume], pending);
  assert.deepEqual(parseDeployment(text).pending, [`creating ${appUrn}`]);
  assert.deepEqual(JSON.parse(withoutPendingOperations(text)), JSON.parse(exported([volume])));
});

test("after a container is removed or stopped, up compares the state with the engine", () => {
  const state = parseDeployment(exported([app()]));
  const running = { id: "c1", status: "running" };
  const docker = (changes: object) => [{ ...running, ...changes }] as unknown as Parameters<typeof absent>[1];
  assert.deepEqual(absent(state, docker({})), []);
  assert.deepEqual(absent(state, docker({ id: "c2" })), ["app-1"]);
  assert.deepEqual(absent(state, docker({ status: "paused" })), ["app-1"]);
});

test("up asks Pulumi for one run of the program, and for a preview only with --ask", () => {
  const quiet = ["--suppress-outputs", "--suppress-permalink=true"];
  assert.deepEqual(upArgs({ stack: "dev" }, false), [
    "up",
    "--stack",
    "dev",
    "--skip-preview",
    "--yes",
    ...quiet,
  ]);
  assert.deepEqual(upArgs({ stack: "prod", ask: true }, true), [
    "up",
    "--stack",
    "prod",
    "--refresh",
    ...quiet,
  ]);
  assert.deepEqual(previewArgs({ stack: "dev", diff: true, expectNoChanges: true }), [
    "preview",
    "--stack",
    "dev",
    "--diff",
    "--expect-no-changes",
    ...quiet,
  ]);
});

const run: LockRecord = {
  run: "r",
  pid: 1,
  started: "",
  user: "anna",
  host: "here",
  since: "2026-11-21T12:10:00.000Z",
  command: "up",
};

test("an interrupted run begins with its earliest sign; without a sign there was none", () => {
  const written = new Date("2026-11-21T12:05:00.000Z");
  const none = { runs: [], pulumiLocks: [], pending: [], written };
  assert.equal(interruptedSince(none), undefined);
  assert.deepEqual(interruptedSince({ ...none, runs: [run] }), new Date("2026-11-21T12:09:58.000Z"));
  assert.deepEqual(
    interruptedSince({ ...none, runs: [run], pending: ["creating x"] }),
    new Date("2026-11-21T12:04:58.000Z"),
  );
});

test("leftovers are objects that the state does not know and the interrupted run can have made, containers first", () => {
  const since = new Date("2026-11-21T12:00:00Z");
  const object = (kind: DockerObject["kind"], id: string, created: string): DockerObject => ({
    kind,
    id,
    name: id,
    created: new Date(created),
  });
  const objects = [
    object("network", "new-network", "2026-11-21T12:00:01Z"),
    object("container", "known", "2026-11-21T12:00:02Z"),
    object("container", "another-checkouts", "2026-11-21T11:59:59Z"),
    object("container", "half-made", "2026-11-21T12:00:03Z"),
  ];
  assert.deepEqual(
    leftovers(objects, new Set(["known"]), since).map(({ id }) => id),
    ["half-made", "new-network"],
  );
});

test("an update's events give each part's time, the failures, and whether it was cancelled", () => {
  const events = new UpdateEvents();
  const line = (kind: string, op: string, urn = appUrn, type = "docker:index/container:Container") =>
    JSON.stringify({ sequence: 1, timestamp: 1, [kind]: { metadata: { op, urn, type } } });
  events.take(
    line("resourcePreEvent", "create", "urn:pulumi:dev::berth::berth:index:App::app", "berth:index:App"),
    0,
  );
  events.take(line("resourcePreEvent", "create"), 5);
  events.take(line("resOutputsEvent", "create"), 7.5);
  // Waiting for another part is no time of this one; what overlaps counts once.
  const second = `${appUrn}-second`;
  events.take(line("resourcePreEvent", "create", second), 20);
  events.take(line("resourcePreEvent", "create"), 20.5);
  events.take(line("resOutputsEvent", "create"), 21);
  events.take(line("resOutputsEvent", "create", second), 22);
  events.take(line("resOutputsEvent", "same", "urn:pulumi:dev::berth::berth:index:Database$x:y:Z::db"), 8);
  events.take(
    line("resourcePreEvent", "update", "urn:pulumi:dev::berth::docker:index/network:Network::net"),
    9,
  );
  events.take("not JSON", 10);
  assert.deepEqual(events.report(), { parts: [{ name: "App", seconds: 4.5 }], failed: [], cancelled: false });

  events.take(line("resOpFailedEvent", "create"), 11);
  events.take(
    JSON.stringify({
      diagnosticEvent: { severity: "error", message: "<{%reset%}>update canceled<{%reset%}>" },
    }),
    12,
  );
  assert.deepEqual(events.report(), {
    parts: [{ name: "App", seconds: 4.5 }],
    failed: ["app-1"],
    cancelled: true,
  });
});

test("a resource belongs to the outermost component of berth's", () => {
  assert.equal(
    partOf("urn:pulumi:dev::berth::berth:index:Database$berth:index:Volume$docker:index/volume:Volume::x"),
    "Database",
  );
  assert.equal(partOf("urn:pulumi:dev::berth::docker:index/network:Network::x"), undefined);
});

test("build goes as far as the images and no further", () => {
  const args = buildArgs("dev");
  assert.deepEqual(args.slice(0, 5), ["up", "--stack", "dev", "--yes", "--skip-preview"]);
  const targets = args.filter((_, index) => args[index - 1] === "--target");
  assert.deepEqual(targets, [
    "**pulumi:providers:**",
    "**berth:index:BaseImage**",
    "**berth:index:AppImage**",
  ]);
});

test("distinguishes volumes that a destroy deletes from kept ones, and names their holders at once", () => {
  const kept = { ...volume, id: "kept", retainOnDelete: true };
  assert.deepEqual(deletedVolumes(parseDeployment(exported([volume, kept, app()]))), ["data"]);
  assert.equal(heldVolumesMessage("dev", [{ volume: "data", holders: [] }]), undefined);
  const backup = { name: "backup", image: "alpine" };
  assert.match(
    heldVolumesMessage("shop", [
      { volume: "data", holders: [backup] },
      { volume: "media", holders: [backup] },
    ]) ?? "",
    /volume data is held by container backup \(alpine\)\n.*volume media .*\n.*docker rm --force backup && npx berth down --stack shop$/,
  );
});
