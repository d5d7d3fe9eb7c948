import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "../support/mock-engine.ts";
import { assertPolicies, containerType, ofType } from "../support/registered.ts";

const registered = await runProgram("prod", {
  domain: "example.org,shop.example.org",
  redirectDomains: "www.example.org",
  proxy: "proxy",
});
const containers = ofType(registered, containerType);
const networksOf = (name: string) =>
  (containers.find((one) => one.name === name)?.inputs["networksAdvanced"] ?? []) as {
    name: string;
    aliases?: string[];
  }[];

test("a stack behind a shared proxy publishes nothing", () => {
  for (const { name, inputs } of containers) assert.deepEqual(inputs["ports"] ?? [], [], name);
});

test("only the holder of Nginx's sockets is on the shared network, by the stack's name", () => {
  const shared = containers.filter(({ name }) =>
    networksOf(name).some((network) => network.name === "shared-network"),
  );
  assert.deepEqual(
    shared.map(({ name }) => name),
    ["edge-listener"],
  );
  assert.deepEqual(networksOf("edge-listener").at(-1)?.aliases, ["berth-prod"]);
});

test("its names are claimed once it serves them", () => {
  const claim = registered.find(({ name }) => name === "proxy-claim");
  const { NAMES, OWNER, PROXY_STACK } = claim?.inputs["environment"] as Record<string, string>;
  assert.deepEqual(
    [NAMES, OWNER, PROXY_STACK],
    ["example.org shop.example.org www.example.org", "berth-prod", "proxy"],
  );
  assert.ok(claim?.dependencies.some((urn) => urn.endsWith("::traffic-switch")));
});

test("clients' addresses are believed from the shared network alone, over TLS alone", () => {
  const files = String(registered.find(({ name }) => name === "traffic-switch")?.inputs["stdin"]);
  assert.match(files, /set_real_ip_from 172\.30\.0\.0\/16;/);
  assert.match(files, /real_ip_header proxy_protocol;/);
  assert.match(files, /listen 8443 ssl proxy_protocol;/);
  assert.match(files, /listen 8080;/);
});

test("policies hold", () => {
  assertPolicies(registered);
});
