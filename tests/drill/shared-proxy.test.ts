import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import { request } from "node:http";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { busyStack, type BusyStack } from "../support/busy-stack.ts";
import { Deployment } from "../support/deployment.ts";
import { edgePaths, edgeUser } from "../../infra/rendering/edge-paths.ts";
import { docker } from "../support/docker.ts";
import { ask } from "../support/edge-client.ts";
import { eventually } from "../support/eventually.ts";
import { freePorts } from "../support/free-ports.ts";

await describe("stacks behind one proxy", { timeout: 2_400_000 }, () => {
  let proxy: Deployment;
  let shop: BusyStack;
  let blog: BusyStack;
  let settings: Record<string, string>;
  let at: Pick<EdgeConfig, "httpPort" | "httpsPort">;

  const product = (name: string) => {
    const address = `https://${name}:${at.httpsPort}`;
    return { domain: name, publicUrl: address, proxy: proxy.stack, backups: "false" };
  };

  before(async () => {
    const [httpPort = 0, httpsPort = 0] = await freePorts(2);
    at = { httpPort, httpsPort };
    settings = {
      shape: "proxy",
      proxyAddress: "127.0.0.1",
      httpPort: String(httpPort),
      httpsPort: String(httpsPort),
      drainTimeout: "10",
    };
    proxy = await Deployment.of("proxy", settings);
    await proxy.up();
    shop = await busyStack({ settings: product("shop.example.org"), at });
    blog = await busyStack({ settings: product("blog.example.org"), at });
  });
  after(async () => {
    await Promise.all([shop.deployment.remove(), blog.deployment.remove()]);
    await proxy.remove();
  });

  /** Does something under load on both. */
  const unnoticedByBoth = (context: TestContext, change: () => Promise<unknown>) =>
    shop.unnoticed(context, () => blog.unnoticed(context, change));

  const plain = (host: string, path: string) =>
    new Promise<{ status: number | undefined; location: string | undefined; text: string }>(
      (resolve, reject) => {
        const asked = request(
          { host: "127.0.0.1", port: at.httpPort, path, headers: { Host: host } },
          (answer) => {
            let text = "";
            answer.setEncoding("utf8");
            answer.on("data", (chunk: string) => (text += chunk));
            answer.on("end", () => {
              resolve({ status: answer.statusCode, location: answer.headers.location, text });
            });
          },
        );
        asked.on("error", reject);
        asked.end();
      },
    );

  test("a name leads to its stack, over plain HTTP to HTTPS, and a name of nobody nowhere", async () => {
    for (const stack of [shop, blog]) {
      const answer = await ask(stack.edge, "/login");
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["x-release"], await stack.running());
    }
    assert.notEqual(await shop.running(), undefined);
    const redirect = await plain("shop.example.org", "/somewhere?a=1");
    assert.deepEqual(
      [redirect.status, redirect.location],
      [301, `https://shop.example.org:${at.httpsPort}/somewhere?a=1`],
    );
    await assert.rejects(plain("nobody.example.org", "/"));
    await assert.rejects(ask({ ...shop.edge, domain: ["nobody.example.org"] }, "/login"));
    assert.deepEqual(await proxy.containers("app"), []);
  });

  test("an authority's question about a name is the stack's own to answer", async () => {
    const [nginx] = await shop.deployment.containers("nginx");
    const path = "/.well-known/acme-challenge/token-7f3a";
    const where = `{{range .Mounts}}{{if eq .Destination "${edgePaths.webroot}"}}{{.Name}}{{end}}{{end}}`;
    const webroot = await docker(["inspect", "--format", where, nginx?.Id ?? ""]);
    const write = `mkdir -p $(dirname /webroot${path}) && echo answered >/webroot${path}`;
    await docker([
      ...["run", "--rm", "--network", "none", "--user", `${edgeUser}:${edgeUser}`],
      ...["--volume", `${webroot}:/webroot`, "--entrypoint", "sh", nginx?.Image ?? "", "-c", write],
    ]);
    assert.equal((await plain("shop.example.org", path)).text, "answered\n");
    assert.equal((await plain("blog.example.org", path)).status, 404);
  });

  test("a stack sees its clients' addresses, not the proxy's", async () => {
    const [nginx] = await proxy.containers("nginx");
    const addresses = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}";
    const own = (await docker(["inspect", "--format", addresses, nginx?.Id ?? ""])).split(" ");
    await ask(shop.edge, "/login?seen");
    const [behind] = await shop.deployment.containers("nginx");
    await eventually(async () => {
      const log = await docker(["logs", "--tail", "200", behind?.Id ?? ""]);
      const line = log.split("\n").findLast((one) => one.includes('"path":"/login"'));
      const { client } = JSON.parse(line ?? "{}") as { client?: string };
      assert.ok(client !== undefined && !own.includes(client), String(client));
    });
  });

  test("releases of one, and its Nginx ended by SIGKILL, cost the other no request", async (t) => {
    await blog.unnoticed(t, async () => {
      shop.edit("Another release.");
      await shop.deployment.up();
      const [nginx] = await shop.deployment.containers("nginx");
      await docker(["kill", "--signal", "KILL", nginx?.Id ?? ""]);
      await docker(["start", nginx?.Id ?? ""]);
      await eventually(async () => {
        assert.equal((await ask(shop.edge, "/login")).status, 200);
      });
    });
  });

  test("a stack joins and leaves, and the others' requests all succeed", async (t) => {
    const third = await Deployment.of("prod", {
      ...product("third.example.org"),
      tls: "selfsigned",
      replicas: 1,
    });
    // What a stack has left that went while the proxy did not run.
    const [nginx] = await proxy.containers("nginx");
    const left = "echo 'third.example.org berth-gone;' >/etc/berth/routes/berth-gone.map";
    await docker(["exec", "--user", "0:0", nginx?.Id ?? "", "sh", "-c", left]);
    try {
      await unnoticedByBoth(t, async () => {
        await third.up();
        const edge = { ...shop.edge, domain: ["third.example.org"] };
        assert.equal((await ask(edge, "/login")).status, 200);

        const claimed = { ...product("third.example.org"), domain: "third.example.org,blog.example.org" };
        third.configure({ ...claimed, shape: "prod", tls: "selfsigned", replicas: 1 });
        const { status, stdout, stderr } = await third.berth("up", "--stack", third.stack);
        assert.notEqual(status, 0);
        assert.match(stdout + stderr, /blog\.example\.org is berth-e2e-prod-\w+'s at this proxy/);
        assert.equal((await ask(blog.edge, "/login")).headers["x-release"], await blog.running());

        const gone = await third.berth("down", "--stack", third.stack, "--volumes", "--yes");
        assert.equal(gone.status, 0, gone.stderr);
        await assert.rejects(ask(edge, "/login"));
      });
    } finally {
      await third.remove();
    }
  });

  test("the proxy's own Nginx is replaced, and no request fails", async (t) => {
    const [earlier] = await proxy.containers("nginx");
    await unnoticedByBoth(t, async () => {
      proxy.configure({ ...settings, drainTimeout: "11" });
      await proxy.up();
    });
    const [now] = await proxy.containers("nginx");
    assert.notEqual(now?.Id, earlier?.Id);
  });

  test("a proxy with stacks behind it is not taken down", async () => {
    const { status, stdout, stderr } = await proxy.berth("down", "--stack", proxy.stack, "--yes");
    assert.notEqual(status, 0);
    assert.match(stdout + stderr, /would be reached no more/);
    assert.match(stdout + stderr, new RegExp(`pulumi config rm proxy --stack ${shop.deployment.stack}`));
    assert.equal((await ask(shop.edge, "/login")).status, 200);
  });

  test("nothing is left to change", async () => {
    await shop.expectNoChanges();
    const { status, stdout } = await proxy.pulumi("preview", "--expect-no-changes");
    assert.equal(status, 0, stdout);
  });
});
