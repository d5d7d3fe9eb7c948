import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runProgram } from "../support/mock-engine.ts";
import { assertPolicies, containerType, ofType } from "../support/registered.ts";

// A password manager that has `keeper NAME` print a secret.
const folder = mkdtempSync(join(tmpdir(), "berth-keeper-"));
const keeper = join(folder, "keeper");
writeFileSync(keeper, '#!/bin/sh\necho "$1-generated"\n');
chmodSync(keeper, 0o700);
after(() => {
  rmSync(folder, { recursive: true });
});

// The ending is what the policies look for wherever a secret must not be.
const settings = {
  domain: "example.org",
  s3Endpoint: "https://s3.example.org",
  s3Bucket: "media",
  s3AccessKey: "key",
  s3SecretKey: "bucket-generated",
  smtpUrl: "smtp://mail.example.org:587",
  smtpUser: "shop",
  mailFrom: "shop@example.org",
  tracesEndpoint: "http://collector:4318",
  secrets: '{"paymentKey":"payment-generated"}',
  secretsFrom: JSON.stringify({ smtpPassword: `${keeper} mail`, secrets: { shipKey: [keeper, "ship"] } }),
  registry: "registry.example.org/team/shop",
  registryUser: "ci",
  registryPassword: "registry-generated",
};
const registered = await runProgram("prod", settings, ["secrets", "s3SecretKey", "registryPassword"]);

test("replicas and worker know bucket, mail server and collector, and their secrets as files", () => {
  for (const part of ["app-1", "worker"]) {
    const container = ofType(registered, containerType).find(({ name }) => name === part);
    const environment = (container?.inputs["envs"] as string[]).map((line) => line.split("=")[0]);
    for (const name of [
      "S3_SECRET_KEY_FILE",
      "SMTP_PASSWORD_FILE",
      "OTEL_EXPORTER_OTLP_ENDPOINT",
      "SECRETS_PREFIX",
    ])
      assert.ok(environment.includes(name), `${part}: ${name}`);
    assert.ok(!environment.includes("MEDIA_ACCEL"), part);
  }
});

test("the image is pushed before anything runs it, and deployed by its digest", () => {
  const push = registered.find(({ name }) => name === "app-image-push");
  const [built] = ofType(registered, "docker:index/remoteImage:RemoteImage").map(
    ({ inputs }) => inputs["name"],
  );
  assert.match(String(built), /^registry\.example\.org\/team\/shop:[0-9a-f]{12}$/);
  assert.deepEqual([push?.inputs["stdin"], push?.secrets], ["registry-generated", ["stdin"]]);
  const environment = push?.inputs["environment"] as Record<string, string>;
  assert.deepEqual([environment["IMAGE"], environment["REGISTRY_USER"]], [built, "ci"]);
  const app = ofType(registered, containerType).find(({ name }) => name === "app-1");
  assert.equal(app?.inputs["image"], `${String(built)}@sha256:${"0a".repeat(32)}`);
  const provider = registered.find(({ type }) => type === "pulumi:providers:docker");
  assert.deepEqual(provider?.secrets, ["registryAuth"]);
  assert.match(String(provider.inputs["registryAuth"]), /registry\.example\.org.*registry-generated/);
});

test("policies hold: the secrets travel on standard input only", () => {
  assertPolicies(registered);
  const written = registered.find(({ name }) => name === "app-secrets-write");
  const stdin = String(written?.inputs["stdin"]);
  for (const [file, secret] of [
    ["s3-secret-key", "bucket-generated"],
    ["smtp-password", "mail-generated"],
    ["own-paymentKey", "payment-generated"],
    ["own-shipKey", "ship-generated"],
  ] as const)
    assert.ok(stdin.includes(`${file} ${Buffer.from(secret).toString("base64")}\n`), file);
});
