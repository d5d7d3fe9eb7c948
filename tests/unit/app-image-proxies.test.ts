import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { proxyArguments } from "../../infra/components/app-image.ts";

test("a build gets the deployer's proxies and nothing else of the environment, as secrets", async () => {
  const found = proxyArguments({
    HTTPS_PROXY: "http://somebody:hush@proxy.example.org:3128",
    no_proxy: "localhost",
    HTTP_PROXY: "",
    PULUMI_CONFIG_PASSPHRASE: "hush",
  });
  assert.deepEqual(Object.keys(found), ["HTTPS_PROXY", "no_proxy"]);
  for (const value of Object.values(found)) assert.equal(await pulumi.isSecret(value), true);
});
