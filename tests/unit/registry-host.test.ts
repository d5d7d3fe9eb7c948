import assert from "node:assert/strict";
import { test } from "node:test";
import { registryConfig } from "../../stacks/registry.ts";

const digest = `@sha256:${"0f".repeat(32)}`;

test("the login is for the registry that Docker asks for the image", () => {
  const hostOf = (appImage: string) => registryConfig({}, { appImage })?.host;
  assert.deepEqual(
    ["redis", "team/shop", "registry.example.org/shop", "build:5000/shop", "localhost/shop", "Team/shop"].map(
      (name) => hostOf(name + digest),
    ),
    [
      ...["registry-1.docker.io", "registry-1.docker.io", "registry.example.org", "build:5000"],
      ...["localhost", "Team"],
    ],
  );
  assert.equal(hostOf("team/shop:0123456789ab"), undefined, "an image that is kept on the host");
  assert.equal(registryConfig({ registry: "a.example.org/shop" }, {})?.host, "a.example.org");
});
