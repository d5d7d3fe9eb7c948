import assert from "node:assert/strict";
import { test } from "node:test";
import { checkEdgeConfig, EdgeConfigError } from "../../infra/resources/check-edge-config.ts";
import { nginxConfig } from "../../infra/rendering/edge-config.ts";
import { baseImage } from "../support/base-image.ts";
import { edgeVariants, oneReplica, plainEdge } from "../support/edge-shapes.ts";

const image = await baseImage("nginx");

for (const [name, { shape, release }] of Object.entries(edgeVariants)) {
  test(`Nginx takes the configuration of ${name}`, async () => {
    await checkEdgeConfig(nginxConfig(shape, release, "en"), image);
  });
}

test("a configuration that Nginx refuses is reported with its own words", async () => {
  const config = nginxConfig(plainEdge, oneReplica, "en");
  const broken = { ...config.files, "snippets/basics.conf": "sendfile sometimes;\n" };
  await assert.rejects(checkEdgeConfig({ set: "broken", files: broken }, image), (error) => {
    assert.ok(error instanceof EdgeConfigError);
    assert.match(error.message, /invalid value "sometimes" in "sendfile" directive.*basics\.conf:1/);
    assert.match(error.message, /nothing was changed/);
    return true;
  });
});
