import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { portChanges } from "../../cli/moving/move-in.ts";
import { composeProject, findOldSetup, parseOldContainers } from "../../cli/moving/old-setup.ts";
import { parseSettings } from "../../stacks/parse.ts";
import { Docker } from "../../system/docker.ts";

function composeFile(t: TestContext, text: string, env = ""): string {
  const place = mkdtempSync(join(tmpdir(), "berth-moving-"));
  t.after(() => {
    rmSync(place, { recursive: true });
  });
  const folder = join(place, "_My.Shop");
  mkdirSync(folder);
  writeFileSync(join(folder, "compose.yml"), text);
  if (env !== "") writeFileSync(join(folder, ".env"), env);
  return join(folder, "compose.yml");
}

const inspected = {
  Id: "abc",
  Name: "/shop-nginx-1",
  Image: "sha256:1",
  State: { Running: true, StartedAt: "2026-11-27T10:00:00Z" },
  Config: { Labels: { "com.docker.compose.service": "nginx" }, Env: ["A=b=c"], StopTimeout: null },
  HostConfig: {
    RestartPolicy: { Name: "always" },
    PortBindings: {
      "80/tcp": [{ HostIp: "", HostPort: "80" }],
      "8443/tcp": [{ HostIp: "127.0.0.1", HostPort: "8002" }],
      "9/tcp": null,
    },
  },
  Mounts: [
    { Type: "volume", Destination: "/srv/uploads" },
    { Type: "tmpfs", Destination: "/tmp" },
  ],
};

await describe("what runs by a compose file", () => {
  test("its project is named as docker compose names it", (t) => {
    assert.equal(composeProject(composeFile(t, "services: {}")), "myshop");
    assert.equal(composeProject(composeFile(t, "name: store")), "store");
    assert.equal(composeProject(composeFile(t, "name: ${NAME}")), "myshop");
    assert.equal(composeProject(composeFile(t, "name: store", "COMPOSE_PROJECT_NAME=eu")), "eu");
    assert.equal(composeProject(composeFile(t, "name: store"), { COMPOSE_PROJECT_NAME: "asked" }), "asked");
  });

  test("a file that is not there is said before any engine is asked", async () => {
    await assert.rejects(findOldSetup(new Docker({}), "/no/compose.yml"), /There is no \/no\/compose\.yml/);
  });

  test("containers are read with what a stop and a copy need", () => {
    const [nginx] = parseOldContainers(JSON.stringify([inspected]));
    assert.deepEqual(nginx, {
      id: "abc",
      name: "shop-nginx-1",
      service: "nginx",
      image: "sha256:1",
      running: true,
      started: "2026-11-27T10:00:00Z",
      grace: 10,
      returns: true,
      env: new Map([["A", "b=c"]]),
      mounts: ["/srv/uploads"],
      ports: new Map([
        [80, { address: "0.0.0.0", port: 80 }],
        [8443, { address: "127.0.0.1", port: 8002 }],
      ]),
    });
  });

  test("the stack takes over ports and address where they differ, those of TLS only if it has TLS", () => {
    const others = parseOldContainers(JSON.stringify([inspected]));
    const settings = { shape: "prod", domain: "shop.test", tls: "selfsigned", proxyAddress: "127.0.0.1" };
    assert.deepEqual(portChanges({ others }, parseSettings("prod", settings)), { httpsPort: "8002" });
    const plain = { ...settings, tls: "off", httpPort: "8001" };
    assert.deepEqual(portChanges({ others }, parseSettings("prod", plain)), {
      httpPort: "80",
      proxyAddress: "0.0.0.0",
    });
    assert.deepEqual(portChanges({ others: [] }, parseSettings("prod", settings)), {});
  });
});
