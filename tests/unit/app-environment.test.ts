import assert from "node:assert/strict";
import { test } from "node:test";
import { rootCertificates } from "node:tls";
import { appEnvironment } from "../../infra/facts/app-environment.ts";
import { parseSettings } from "../../stacks/parse.ts";
import { ownApp } from "../support/own-app.ts";

const wiring = { databaseUser: "app_a", secrets: "/run/secrets/app" };
const bucket = {
  s3Endpoint: "https://s3.example.org",
  s3Bucket: "media",
  s3AccessKey: "key",
  s3SecretKey: "hunter2",
};
const environmentOf = (settings: Record<string, string>) =>
  appEnvironment(
    parseSettings("prod", { domain: "example.org", ...settings }, new Set(["s3SecretKey"])),
    ownApp,
    wiring,
  );

test("the proxy sends files of the volume, and none of a bucket", () => {
  assert.equal(environmentOf({})["MEDIA_ACCEL"], "/_edge/media/");
  assert.equal(environmentOf(bucket)["MEDIA_ACCEL"], undefined);
});

test("traces go to the endpoint of the setting, for a share of the requests", () => {
  const environment = environmentOf({ tracesEndpoint: "http://collector:4318", tracesShare: "5" });
  assert.equal(environment["OTEL_EXPORTER_OTLP_ENDPOINT"], "http://collector:4318");
  assert.equal(environment["OTEL_TRACES_SAMPLER_ARG"], "0.05");
  assert.ok(!Object.keys(environmentOf({})).some((name) => name.startsWith("OTEL_")));
});

test("a bucket's secret key reaches the application as a file", () => {
  const environment = environmentOf(bucket);
  assert.equal(environment["S3_SECRET_KEY_FILE"], "/run/secrets/app/s3-secret-key");
  assert.ok(!JSON.stringify(environment).includes("hunter2"));
});

test("own authorities reach Node as a file; what is no certificate is refused", () => {
  const pem = `${rootCertificates.slice(0, 2).join("\n")}\n`;
  assert.equal(environmentOf({ trustedCa: pem })["NODE_EXTRA_CA_CERTS"], "/run/secrets/app/trusted-ca.pem");
  assert.equal(environmentOf({})["NODE_EXTRA_CA_CERTS"], undefined);
  const broken = pem.replace("MII", "AAA");
  for (const wrong of [broken, "ca.pem"]) {
    assert.throws(
      () => environmentOf({ trustedCa: wrong }),
      /trustedCa: expected .*PEM form, got .*…?"\. Fix: .*trustedCa --stack prod < ca\.pem/,
    );
  }
});
