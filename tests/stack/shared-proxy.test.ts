import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "../support/mock-engine.ts";
import { assertPolicies, containerType, ofType } from "../support/registered.ts";

const registered = await runProgram("proxy", { httpsPort: "443" });
const containers = ofType(registered, containerType);

test("a shared proxy is Nginx and the holder of its sockets, and nothing else", () => {
  assert.deepEqual(containers.map(({ name }) => name).sort(), ["edge-listener", "edge-proxy"]);
  const listener = containers.find(({ name }) => name === "edge-listener");
  const ports = listener?.inputs["ports"] as { external: number; ip: string }[];
  assert.deepEqual(
    ports.map(({ external, ip }) => `${ip}:${external}`),
    ["0.0.0.0:80", "0.0.0.0:443"],
  );
});

test("it has no certificate, and knows no name of its own", () => {
  const served = registered.find(({ name }) => name === "proxy-switch");
  const files = String(served?.inputs["stdin"]);
  assert.doesNotMatch(files, /\n\s*ssl_certificate(?:_key)? /);
  assert.match(files, /ssl_preread on;/);
  assert.match(files, /include \/etc\/berth\/routes\/\*\.map;/);
});

test("it is taken down only after it was asked whether stacks are behind it", () => {
  const guard = registered.find(({ name }) => name === "proxy-alone");
  assert.match(String(guard?.inputs["delete"]), /require-alone\.sh/);
  assert.ok(guard?.dependencies.some((urn) => urn.endsWith("::proxy-switch")));
});

test("policies hold", () => {
  assertPolicies(registered);
});
