import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { portChanges } from "../../cli/moving/move-in.ts";
import { certificatePaths } from "../../cli/moving/old-certificate.ts";
import { composeProject, findOldSetup, parseOldContainers } from "../../cli/moving/old-setup.ts";
import { countRows, differing, withoutSequences } from "../../cli/moving/row-hashes.ts";
import { parseFiles } from "../../cli/moving/uploads-copy.ts";
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

await describe("what is compared", () => {
  const hashes = "public.carts 2 -77\npublic.carts_id_seq 2 true\npublic.items 40 9";

  test("rows are counted by table, without sequences", () => {
    assert.deepEqual(countRows(hashes), { tables: 2, rows: 42 });
    assert.deepEqual(countRows(""), { tables: 0, rows: 0 });
  });

  test("a row, a position and a table that differ are named once", () => {
    assert.deepEqual(differing(hashes, hashes), []);
    assert.deepEqual(differing(hashes, hashes.replace("-77", "78").replace("2 true", "3 true")), [
      "public.carts",
      "public.carts_id_seq",
    ]);
    assert.deepEqual(differing(hashes, 'public.carts 2 -77\npublic.carts_id_seq 2 true\n"odd name" 1 1'), [
      '"odd name"',
      "public.items",
    ]);
  });

  test("sequences are left out where somebody still draws from them", () => {
    assert.equal(withoutSequences(hashes), "public.carts 2 -77\npublic.items 40 9");
  });

  test("files are read with spaces in their names, and with names that sha256sum escapes", () => {
    const hash = "a".repeat(64);
    const listed = `${hash}  ./a b.txt\n\\${hash}  ./odd\\nname\n`;
    assert.deepEqual([...parseFiles(listed).keys()], ["./a b.txt", "./odd\\nname"]);
  });

  test("Nginx says where certificates are, each pair once", () => {
    const text = `
      ssl_certificate /etc/letsencrypt/live/shop.test/fullchain.pem;
      ssl_certificate_key "/etc/letsencrypt/live/shop.test/privkey.pem";
      # ssl_certificate /commented.pem;
      ssl_certificate /etc/letsencrypt/live/shop.test/fullchain.pem;
      ssl_certificate_key "/etc/letsencrypt/live/shop.test/privkey.pem";
      ssl_trusted_certificate /chain.pem;`;
    assert.deepEqual(certificatePaths(text), [
      {
        certificate: "/etc/letsencrypt/live/shop.test/fullchain.pem",
        key: "/etc/letsencrypt/live/shop.test/privkey.pem",
      },
    ]);
  });
});
