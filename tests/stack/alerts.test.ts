import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { runProgram } from "../support/mock-engine.ts";
import { assertPolicies, containerType, ofType } from "../support/registered.ts";

const registered = await runProgram(
  "prod",
  {
    domain: "example.org",
    replicas: "3",
    alertsWebhook: "https://hooks.example.org/token-generated",
    alertsHeartbeat: "https://ping.example.org/token-generated",
    alertsMail: "ops@example.org",
    smtpUrl: "smtp://mail.example.org:587",
    smtpUser: "shop",
    smtpPassword: "mail-generated",
    mailFrom: "shop@example.org",
  },
  ["alertsWebhook", "alertsHeartbeat", "smtpPassword"],
);
const containers = ofType(registered, containerType);
const watcher = containers.find(({ name }) => name === "watcher")?.inputs ?? {};
const mount = z.object({ source: z.string(), target: z.string(), readOnly: z.boolean().optional() });
const mountsOf = (inputs: Readonly<Record<string, unknown>>) => z.array(mount).parse(inputs["mounts"] ?? []);

test("one container watches, publishes nothing, and has 64 MiB", () => {
  assert.deepEqual([watcher["memory"], watcher["ports"]], [64, undefined]);
  const networks = z.array(z.object({ name: z.string() })).parse(watcher["networksAdvanced"]);
  assert.deepEqual(networks.map(({ name }) => name).sort(), ["network-edge", "network-internal"]);
});

test("it is told the stack's shape, and no secret", () => {
  const [settings = ""] = z.array(z.string()).parse(watcher["envs"]);
  const told = z.record(z.string(), z.unknown()).parse(JSON.parse(settings.replace("WATCH_SETTINGS=", "")));
  assert.deepEqual(told["replicas"], {
    appHost: "app",
    port: 8000,
    health: "/health/ready",
    count: 3,
    grace: 60,
  });
  assert.deepEqual(
    [told["backups"], told["webhook"], told["heartbeat"], told["worker"]],
    [true, true, true, { workerHost: "worker" }],
  );
  assert.doesNotMatch(settings, /generated|hooks\.example/);
});

test("it reads the backups' report in a volume of its own, and nothing else of them", () => {
  const backups = containers.find(({ name }) => name === "backups")?.inputs ?? {};
  const written = mountsOf(backups).find(({ target }) => target === "/var/lib/berth/handed");
  const read = mountsOf(watcher).find(({ target }) => target === "/var/lib/berth/handed");
  assert.deepEqual([read?.source, read?.readOnly, written?.readOnly], [written?.source, true, undefined]);
  const shared = mountsOf(watcher).filter(({ source }) =>
    containers.some(
      ({ inputs, name }) => name !== "watcher" && mountsOf(inputs).some((one) => one.source === source),
    ),
  );
  assert.deepEqual(shared, [read]);
});

test("policies hold", () => {
  assertPolicies(registered);
});

test("a release lets the watcher's role in again, and never locks it out", () => {
  const role = registered.find(({ name }) => name === "watcher-role");
  assert.equal((role?.inputs["triggers"] as unknown[]).length, 1, "its Postgres alone");
  assert.match(String((role?.inputs["environment"] as Record<string, unknown>)["RELEASE"]), /./);
});

test("what lets backups in is taken back before it is given anew, not after", () => {
  const role = registered.find(({ name }) => name === "backups-role");
  assert.equal(role?.deleteBeforeReplace, true);
});
