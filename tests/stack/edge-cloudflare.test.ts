import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "../support/mock-engine.ts";
import { assertPolicies, containerType, ofType } from "../support/registered.ts";

const certificate = "-----BEGIN CERTIFICATE-----\nb3JpZ2lu\n-----END CERTIFICATE-----\n";
const key = "-----BEGIN PRIVATE KEY-----\na2V5LW9mLWEtdGVzdA==\n-----END PRIVATE KEY-----\n";
const settings = { domain: "example.org", tls: "cloudflare", originCertificate: certificate, originKey: key };
const registered = await runProgram("prod", settings, ["originKey"]);

test("an origin certificate needs no Certbot: one command brings it, over standard input", () => {
  assert.ok(!ofType(registered, containerType).some(({ name }) => name.includes("certbot")));
  const brought = registered.filter(({ parent }) => parent.endsWith("::certificates"));
  assert.deepEqual(
    brought.map(({ name }) => name),
    ["certificates-write"],
  );
  assert.deepEqual(
    brought.map(({ inputs, secrets }) => [inputs["stdin"], secrets]),
    [[`${certificate}\n${key}\n`, ["stdin"]]],
  );
});

test("its key is in no other input of any resource", () => {
  for (const { name, inputs } of registered) {
    const holding = Object.keys(inputs).filter((input) =>
      JSON.stringify(inputs[input]).includes("a2V5LW9mLWEtdGVzdA"),
    );
    assert.deepEqual(holding, name === "certificates-write" ? ["stdin"] : [], name);
  }
});

test("policies hold", () => {
  assertPolicies(registered);
});
