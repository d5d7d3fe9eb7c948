import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { EdgeConfig } from "../../stacks/edge.ts";
import type { Deployment } from "../support/deployment.ts";
import { ask } from "../support/edge-client.ts";
import { eventually } from "../support/eventually.ts";
import { imageRegistry, type ImageRegistry } from "../support/image-registry.ts";
import { prodDeployment } from "../support/prod-deployment.ts";
import { sshHost, sshServerMissing, type SshHost } from "../support/ssh-host.ts";

const noServer = await sshServerMissing();
const registry = noServer === false ? await imageRegistry() : new Error(noServer);
const missing = registry instanceof Error && registry.message;

await describe("a prod stack on a host behind ssh", { timeout: 1_200_000, skip: missing }, () => {
  let host: SshHost;
  let deployment: Deployment;
  let edge: EdgeConfig;
  const { address, user, password } = registry as ImageRegistry;

  const berth = async (...args: string[]) => {
    const result = await deployment.berth(...args, "--stack", deployment.stack, host.env);
    assert.equal(result.status, 0, result.stdout + result.stderr);
    return result.stdout;
  };

  before(async () => {
    host = await sshHost();
    ({ deployment, edge } = await prodDeployment({
      dockerHost: host.address,
      replicas: "4",
      bakeTime: "15",
      registry: `${address}/team/shop`,
    }));
    await deployment.set("registryUser", user, "--plaintext");
    await deployment.set("registryPassword", password, "--secret");
  });
  after(async () => {
    await deployment.remove(host.env);
    await host.stop();
    await (registry as ImageRegistry).stop();
  });

  test("is deployed over it, image and all, which the host pushes to a registry", async () => {
    await berth("up");
    assert.ok(host.sessions() > 0, "the server was used");
    assert.equal(host.dropped(), 0, "connections that begin at once are few");
    assert.equal((await ask(edge, "/login")).status, 200);
    // Docker's first look at a new container takes its time.
    await eventually(() => berth("status"), 60_000);
  });

  test("takes a release over it while the connection fails for a time, and then has nothing to do", async () => {
    const running = async () => (await ask(edge, "/login")).headers["x-release"];
    const before = await running();
    deployment.edit("app/src/app.ts", (source) => `${source}\n// The next release.\n`);
    const switched = eventually(async () => {
      assert.notEqual(await running(), before);
    }, 300_000).then(() => host.pause(7_000));
    await Promise.all([berth("up"), switched]);
    assert.notEqual(await running(), before);
    assert.equal(host.dropped(), 0, "connections that begin at once are few");
    await berth("preview", "--refresh", "--expect-no-changes");
    const listed = JSON.parse(await berth("releases", "--json")) as { release: string; image: string }[];
    assert.deepEqual([listed.length, listed[0]?.release], [2, await running()]);
    for (const { image } of listed) assert.match(image, new RegExp(`^${address}/team/shop:.*@sha256:`));
  });
});
