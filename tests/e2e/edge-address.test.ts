import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { edgePaths, edgeUser } from "../../infra/rendering/edge-paths.ts";
import { renewerProgram } from "../../infra/rendering/renewer-program.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { baseImage } from "../support/base-image.ts";
import { docker, finish } from "../support/docker.ts";
import { ask, type EdgeRequest } from "../support/edge-client.ts";
import { edgeStand, type EdgeStand } from "../support/edge-stand.ts";

// Clients send no server name for an address, so the certificate has to be there without one.
suite("a stack that is reached by its address", () => {
  let stand: EdgeStand;

  before(async () => {
    stand = await edgeStand({ domain: ["127.0.0.1", "example.org"] });
    const switched = await stand.switchTo("r1", [await stand.startReplica("r1")]);
    assert.equal(switched.status, 0, switched.stderr);
  });
  after(() => stand.remove());

  test("answers by address and by name over TLS", async () => {
    for (const host of stand.shape.domain)
      assert.equal((await ask(stand.shape, "/", { host })).status, 200, host);
  });

  test("redirects to HTTPS on the requested address", async () => {
    const answer = await ask(stand.shape, "/x", { plain: true });
    assert.equal(answer.headers.location, `https://127.0.0.1:${stand.shape.httpsPort}/x`);
  });

  test("does not answer under other names", async () => {
    await assert.rejects(ask(stand.shape, "/", { host: "evil.example" }));
    await assert.rejects(ask(stand.shape, "/", { host: "127.0.0.2" }));
  });

  suite("behind a load balancer that speaks PROXY protocol", () => {
    const visitor = "203.0.113.9";
    const line = Buffer.from(`PROXY TCP4 ${visitor} 192.0.2.1 40000 443\r\n`);
    // Version 2: signature, PROXY over TCP of IPv4, twelve bytes, then addresses and ports.
    const binary = Buffer.concat([
      Buffer.from("0d0a0d0a000d0a515549540a2111000c", "hex"),
      Buffer.from([203, 0, 113, 9, 192, 0, 2, 1]),
      Buffer.from("9c4001bb", "hex"),
    ]);
    const said = async (options: EdgeRequest) => {
      const answer = await ask(stand.shape, "/", options);
      assert.equal(answer.status, 200, answer.body);
      const { headers } = JSON.parse(answer.body) as { headers: Record<string, string> };
      return [headers["x-forwarded-for"], headers["x-forwarded-proto"]];
    };
    const serve = async (change: Partial<EdgeConfig>) => {
      const shape = { proxyProtocol: true, ...change };
      const switched = await stand.switchTo("r1", [`${stand.name}-app-1`], { shape });
      assert.equal(switched.status, 0, switched.stderr);
    };
    let gateway: string;

    before(async () => {
      const format = "{{(index .IPAM.Config 0).Gateway}}";
      gateway = await docker(["network", "inspect", `--format=${format}`, stand.name]);
    });

    test("takes visitors' addresses from it over TLS, and from nothing that visitors send", async () => {
      // Connections of this machine come from the network's gateway.
      await serve({ trustedProxies: [gateway] });
      const headers = { "X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": "http" };
      for (const first of [line, binary]) {
        assert.deepEqual(await said({ first, headers }), [visitor, "https"]);
      }
    });

    test("redirects plain HTTP to the usual port, and answers health checks", async () => {
      const answer = await ask(stand.shape, "/x", { plain: true, first: line });
      assert.equal(answer.headers.location, "https://127.0.0.1/x");
      assert.equal((await ask(stand.shape, "/health", { plain: true, first: line })).status, 200);
    });

    test("does not answer without it", async () => {
      await assert.rejects(ask(stand.shape, "/"));
      await assert.rejects(ask(stand.shape, "/health", { plain: true }));
    });

    test("Certbot's own check of the proxy speaks it", async () => {
      const check = "import preflight\npreflight.check_proxy()\n";
      const program = renewerProgram().replace("import renewer\nrenewer.main()\n", check);
      assert.ok(program.endsWith(check));
      const run = (...more: string[]) =>
        finish("docker", [
          ...["run", "--rm", `--network=${stand.name}`, `--user=${edgeUser}:${edgeUser}`],
          ...[`--volume=${stand.name}-webroot:${edgePaths.webroot}`, `--env=PROXY=${stand.listener}:8080`],
          ...["--env=NAMES=example.org", "--env=ACME_DIRECTORY=https://acme.test/dir", ...more],
          ...["--entrypoint=python3", certbot, "-c", program],
        ]);
      const certbot = await baseImage("certbot");
      const spoken = await run("--env=PROXY_PROTOCOL=1");
      assert.equal(spoken.status, 0, spoken.stderr);
      assert.match((await run()).stderr, /the proxy does not serve example\.org yet/);
    });

    test("believes nobody else", async () => {
      await serve({ trustedProxies: ["192.0.2.7"] });
      assert.deepEqual(await said({ first: line }), [gateway, "https"]);
    });

    // The last one: without TLS, Nginx gives the socket of the TLS port back, which a stack never
    // has it do, because another port replaces the listener.
    test("takes it without TLS as well", async () => {
      await serve({ trustedProxies: [gateway], tls: "off" });
      const headers = { "X-Forwarded-Proto": "https" };
      assert.deepEqual(await said({ first: line, plain: true, headers }), [visitor, "http"]);
    });
  });
});
