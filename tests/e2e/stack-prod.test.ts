import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { Agent } from "node:https";
import type { CertificateReport } from "../../cli/stack/certificate-report.ts";
import { after, before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { EdgeShape } from "../../infra/rendering/edge-shape.ts";
import type { Deployment } from "../support/deployment.ts";
import { docker } from "../support/docker.ts";
import { issue } from "../support/edge-authority.ts";
import { ask, constantLoad } from "../support/edge-client.ts";
import { eventually } from "../support/eventually.ts";
import { listenersOf } from "../support/listeners.ts";
import { prodDeployment } from "../support/prod-deployment.ts";
import { assertSecrecy } from "../support/secrecy.ts";

await describe("a prod stack", { timeout: 1_500_000 }, () => {
  let deployment: Deployment;
  let settings: Record<string, string>;
  let edge: EdgeShape;

  /** Does something while clients ask all the time, on fresh and on kept connections, and none may notice. */
  async function unnoticed(change: () => Promise<unknown>): Promise<void> {
    const expect = ({ status, body }: { status: number; body: string }) =>
      status === 200 ? undefined : `status ${status}: ${body.slice(0, 200)}`;
    const fresh = constantLoad(edge, { clients: 2, path: "/health/ready", expect });
    const agent = () => new Agent({ keepAlive: true, rejectUnauthorized: false });
    const kept = constantLoad(edge, { clients: 2, path: "/health/ready", expect, agent });
    try {
      await change();
    } finally {
      for (const { answers, failures } of await Promise.all([fresh.stop(), kept.stop()])) {
        assert.deepEqual(failures, []);
        assert.ok(answers > 50, `${answers} answers`);
      }
    }
  }

  const running = async () => (await ask(edge, "/health/ready")).headers["x-release"];
  const configure = (changed: Record<string, string>) => {
    settings = { ...settings, ...changed };
    deployment.configure(settings);
  };

  before(async () => {
    ({ deployment, edge, settings } = await prodDeployment({
      replicas: "2",
      drainTimeout: "5",
      requestRate: "100000",
      requestBurst: "100000",
    }));
    await deployment.up();
  });
  after(async () => {
    await deployment.remove();
  });

  test("answers over TLS, with two replicas and nothing published but the proxy", async () => {
    assert.equal((await ask(edge, "/health/ready")).status, 200);
    assert.equal((await deployment.containers("app")).length, 2);
    const published = await docker([
      "ps",
      "--format",
      '{{.Label "berth.part"}} {{.Ports}}',
      ...deployment.labels(),
    ]);
    const open = published.split("\n").filter((line) => line.includes("->"));
    assert.equal(open.length, 1, published);
    assert.match(open[0] ?? "", /^nginx /);
  });

  test("listens on the proxy's two ports and on nothing else of the host", async () => {
    const byPort = (await listenersOf(deployment)).sort((one, other) => one.port - other.port);
    assert.deepEqual(
      byPort,
      [edge.httpPort, edge.httpsPort].sort((a, b) => a - b).map((port) => ({ address: edge.address, port })),
    );
  });

  /** Addresses of the static files that the first page names. */
  async function pageAssets(): Promise<string[]> {
    const { body } = await ask(edge, "/", { headers: { Accept: "text/html" } });
    return [...body.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, address]) => address ?? "");
  }

  /** The application says on each of its answers which release it is, and Nginx does not. */
  async function assertWithoutApplication(path: string): Promise<void> {
    const answer = await ask(edge, path);
    assert.equal(answer.status, 200, path);
    assert.equal(answer.headers["x-release"], undefined, `${path} came from the application`);
  }

  test("serves static files and public uploads without the application", async () => {
    const assets = await pageAssets();
    assert.ok(assets.length >= 3, assets.join());
    for (const path of assets) {
      await assertWithoutApplication(path);
      const packed = await ask(edge, path, { headers: { "Accept-Encoding": "gzip" } });
      assert.equal(packed.headers["content-encoding"], "gzip", path);
      assert.equal(packed.headers["cache-control"], "public, max-age=31536000, immutable");
      assert.equal(gunzipSync(packed.raw).toString(), (await ask(edge, path)).body);
    }
    const [app] = await deployment.containers("app");
    const upload = "mkdir -p /var/lib/app/media/public && printf hello >/var/lib/app/media/public/hello.txt";
    await docker(["exec", app?.Id ?? "", "sh", "-c", upload]);
    await assertWithoutApplication("/media/hello.txt");
  });

  test("has nothing to do right after", async () => {
    for (const command of [["preview"], ["refresh", "--yes"], ["preview"]]) {
      const { status, stdout, stderr } = await deployment.pulumi(...command, "--expect-no-changes");
      assert.equal(status, 0, stdout + stderr);
      assert.doesNotMatch(stdout + stderr, /warning/i);
    }
  });

  test("shows none of its secrets to anybody who looks", async () => {
    await assertSecrecy(deployment);
  });

  test("berth certs shows the certificate that is served", async () => {
    const said = await deployment.berth("certs", "--stack", deployment.stack, "--json");
    assert.equal(said.status, 0, said.stderr);
    const report = JSON.parse(said.stdout) as CertificateReport;
    assert.deepEqual([report.source, report.names], ["selfsigned", ["example.org"]]);
    assert.equal(report.serial, (await ask(edge, "/health/ready")).serial);
    const table = await deployment.berth("certs", "--stack", deployment.stack);
    assert.match(table.stdout, /^names +example\.org$/m);
  });

  test("berth maintenance holds visitors back with the operator's message, and lets them in again", async () => {
    const maintenance = (...args: string[]) =>
      deployment.berth("maintenance", ...args, "--stack", deployment.stack);
    const on = await maintenance("on", "--message", "Back at <10:00>", "--retry-after", "7200");
    assert.equal(on.status, 0, on.stderr);
    const held = await ask(edge, "/health/ready", { headers: { Accept: "text/html" } });
    assert.deepEqual([held.status, held.headers["retry-after"]], [503, "7200"]);
    assert.match(held.body, /Back at &lt;10:00&gt;/);
    assert.match((await maintenance("status")).stdout, /is on since \d{4}-\S+: Back at <10:00>$/m);
    assert.equal((await maintenance("on", "--message", "Later")).status, 0);
    assert.equal((await ask(edge, "/")).headers["retry-after"], "300");
    assert.equal((await maintenance("off")).status, 0);
    assert.equal((await ask(edge, "/health/ready")).status, 200);
    const { stdout } = await maintenance("status", "--json");
    assert.deepEqual(JSON.parse(stdout), { stack: deployment.stack, on: false });
    const without = await maintenance("on");
    assert.deepEqual([without.status, without.stderr.includes("--message")], [2, true]);
  });

  test("takes a code release without a failed request, and the old replicas go", async () => {
    const before = { release: await running(), containers: await deployment.containers("app") };
    const assets = await pageAssets();
    deployment.edit("app/src/platform/assets/style/1-base.css", (source) => `${source}\n/* The next release. */\n`);
    await unnoticed(() => deployment.up());
    assert.notEqual(await running(), before.release);
    assert.notDeepEqual(await pageAssets(), assets);
    // Pages that were loaded before still find their files.
    for (const path of [...assets, ...(await pageAssets())]) await assertWithoutApplication(path);
    const now = await deployment.containers("app");
    assert.equal(now.length, 2);
    const old = new Set(before.containers.map(({ Id }) => Id));
    assert.ok(now.every(({ Id }) => !old.has(Id)));
  });

  test("takes more replicas, and fewer, without a failed request", async () => {
    for (const replicas of [4, 2]) {
      configure({ replicas: String(replicas) });
      await unnoticed(() => deployment.up());
      assert.equal((await deployment.containers("app")).length, replicas);
    }
  });

  test("takes a changed proxy configuration without a failed request or a new container", async () => {
    const ids = async () => (await docker(["ps", "-q", ...deployment.labels()])).split("\n").sort();
    const before = await ids();
    configure({ maxBody: "1" });
    await unnoticed(() => deployment.up());
    assert.deepEqual(await ids(), before);
    const large = await ask(edge, "/", { method: "POST", body: "x".repeat(2 * 1024 * 1024) });
    assert.equal(large.status, 413);
  });

  test("refuses a release that never gets healthy, with its log; the old one serves on, and the next one goes through", async () => {
    const release = await running();
    deployment.edit("app/src/main.ts", (source) => `throw new Error("broken on purpose");\n${source}`);
    await unnoticed(async () => {
      const { status, stdout, stderr } = await deployment.berth("up", "--stack", deployment.stack);
      assert.notEqual(status, 0);
      assert.match(stdout + stderr, /app did not become healthy/);
      assert.match(stdout + stderr, /broken on purpose/);
    });
    assert.equal(await running(), release);
    deployment.edit("app/src/main.ts", (source) =>
      source.replace('throw new Error("broken on purpose");\n', ""),
    );
    await unnoticed(() => deployment.up());
    assert.equal(await running(), release);
    assert.equal((await deployment.containers("app")).length, 2);
    const { status, stdout } = await deployment.pulumi("preview", "--expect-no-changes");
    assert.equal(status, 0, stdout);
  });

  test("takes Cloudflare's origin certificate from its settings, the key as a secret, without a failed request", async () => {
    const { certificate, key } = await issue(edge.domains);
    configure({ tls: "cloudflare" });
    await deployment.set("originCertificate", certificate, "--plaintext");
    await deployment.set("originKey", key, "--secret");
    const said = { text: "" };
    await unnoticed(async () => {
      said.text = await deployment.up();
    });
    const { serialNumber } = new X509Certificate(certificate);
    await eventually(async () => {
      assert.equal((await ask(edge, "/health/ready")).serial, serialNumber);
    });
    const preview = await deployment.pulumi("preview", "--diff", "--expect-no-changes");
    assert.equal(preview.status, 0, preview.stdout);
    const [, secret = ""] = key.split("\n");
    const ids = (await docker(["ps", "-aq", ...deployment.labels()])).split("\n");
    const everything = [said.text, preview.stdout, await docker(["inspect", ...ids])];
    assert.ok(secret.length > 20 && everything.every((text) => !text.includes(secret)));
  });
});
