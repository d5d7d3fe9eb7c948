import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { Drift } from "../../cli/drift/drift.ts";
import type { BackupReport } from "../../cli/status/backup-report.ts";
import type { CertificateReport } from "../../cli/status/certificate-report.ts";
import { after, before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { StatusReport } from "../../cli/status/status-report.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { providedImage } from "../support/base-image.ts";
import { busyStack, type BusyStack } from "../support/busy-stack.ts";
import type { Deployment } from "../support/deployment.ts";
import { docker } from "../support/docker.ts";
import { bringBack, driftByHand } from "../support/drift-by-hand.ts";
import { issue } from "../support/edge-authority.ts";
import { ask } from "../support/edge-client.ts";
import { eventually } from "../support/eventually.ts";
import { failEveryWay } from "../support/failing-requests.ts";
import { listenersOf } from "../support/listeners.ts";
import { assertWithoutApplication, pageAssets } from "../support/page-assets.ts";
import { assertSecrecy } from "../support/secrecy.ts";

await describe("a prod stack", { timeout: 1_500_000 }, () => {
  let stack: BusyStack;
  let deployment: Deployment;
  let edge: EdgeConfig;

  before(async () => {
    stack = await busyStack();
    ({ deployment, edge } = stack);
  });
  const madeImages: string[] = [];
  after(async () => {
    await deployment.remove();
    for (const image of madeImages) await docker(["rmi", image]);
  });

  test("answers over TLS, with two replicas and nothing published but the proxy", async () => {
    assert.equal((await ask(edge, "/login")).status, 200);
    assert.equal((await deployment.containers("app")).length, 2);
    const published = await docker([
      "ps",
      "--format",
      '{{.Label "berth.part"}} {{.Ports}}',
      ...deployment.labels(),
    ]);
    const open = published.split("\n").filter((line) => line.includes("->"));
    assert.equal(open.length, 1, published);
    assert.match(open[0] ?? "", /^listener /);
  });

  test("listens on the proxy's two ports and on nothing else of the host", async () => {
    const byPort = (await listenersOf(deployment)).sort((one, other) => one.port - other.port);
    assert.deepEqual(
      byPort,
      [edge.httpPort, edge.httpsPort]
        .sort((a, b) => a - b)
        .map((port) => ({ address: edge.proxyAddress, port })),
    );
  });

  test("serves static files and public uploads without the application", async () => {
    const assets = await pageAssets(edge);
    assert.ok(assets.length >= 3, assets.join());
    for (const path of assets) {
      await assertWithoutApplication(edge, path);
      const packed = await ask(edge, path, { headers: { "Accept-Encoding": "gzip" } });
      assert.equal(packed.headers["content-encoding"], "gzip", path);
      assert.equal(packed.headers["cache-control"], "public, max-age=31536000, immutable");
      assert.equal(gunzipSync(packed.raw).toString(), (await ask(edge, path)).body);
    }
    const [app] = await deployment.containers("app");
    const upload = "mkdir -p /var/lib/app/media/public && printf hello >/var/lib/app/media/public/hello.txt";
    await docker(["exec", app?.Id ?? "", "sh", "-c", upload]);
    await assertWithoutApplication(edge, "/media/hello.txt");
  });

  test("has nothing to do right after", async () => {
    for (const command of [["refresh", "--yes"], ["preview"]]) {
      const { status, stdout, stderr } = await deployment.pulumi(...command, "--expect-no-changes");
      assert.equal(status, 0, stdout + stderr);
      assert.doesNotMatch(stdout + stderr, /warning/i);
    }
  });

  test("is backed up from its first up: archived, proved by restoring, with the key in its file only", async () => {
    const backups = (...args: string[]) => deployment.berth("backups", ...args, "--stack", deployment.stack);
    const report = await eventually(async () => {
      const { stdout } = await backups("--json");
      const found = JSON.parse(stdout) as BackupReport;
      assert.deepEqual(found.problems, []);
      return found;
    }, 300_000);
    const [repository] = report.repositories;
    assert.deepEqual(
      [repository?.kind, repository?.gaps, repository?.backups.map(({ type }) => type)],
      ["volume", [], ["full"]],
    );
    assert.ok((report.lagSeconds ?? 61) <= 60);
    const { tables = 0, schema = "" } = repository?.lastProved ?? {};
    assert.ok(tables > 10 && schema.length > 10, "the proof has seen the application's tables");
    assert.equal((await backups("incr")).status, 0);
    const shown = await backups();
    assert.equal(shown.status, 0, shown.stdout);
    assert.match(shown.stdout, /^ {2}backups +1 full, 1 incr; /m);
    const key = (await backups("key")).stdout.trim();
    assert.equal(key.length, 64);
    const [container] = await deployment.containers("backup");
    const [postgres] = await deployment.containers("postgres");
    const open = await docker(["inspect", container?.Id ?? "", postgres?.Id ?? ""]);
    assert.ok(!open.includes(key) && !open.includes("docker.sock"));
  });

  test("berth certs shows the certificate that is served", async () => {
    const said = await deployment.berth("certs", "--stack", deployment.stack, "--json");
    assert.equal(said.status, 0, said.stderr);
    const report = JSON.parse(said.stdout) as CertificateReport;
    assert.deepEqual([report.source, report.names], ["selfsigned", ["example.org"]]);
    assert.equal(report.serial, (await ask(edge, "/login")).serial);
    const table = await deployment.berth("certs", "--stack", deployment.stack);
    assert.match(table.stdout, /^names +example\.org$/m);
  });

  test("berth maintenance holds visitors back with the operator's message, and lets them in again", async () => {
    const maintenance = (...args: string[]) =>
      deployment.berth("maintenance", ...args, "--stack", deployment.stack);
    const on = await maintenance("on", "--message", "Back at <10:00>", "--retry-after", "7200");
    assert.equal(on.status, 0, on.stderr);
    const held = await ask(edge, "/login", { headers: { Accept: "text/html" } });
    assert.deepEqual([held.status, held.headers["retry-after"]], [503, "7200"]);
    assert.match(held.body, /Back at &lt;10:00&gt;/);
    assert.match((await maintenance("status")).stdout, /is on since \d{4}-\S+: Back at <10:00>$/m);
    assert.equal((await maintenance("on", "--message", "Later")).status, 0);
    assert.equal((await ask(edge, "/")).headers["retry-after"], "300");
    assert.equal((await maintenance("off")).status, 0);
    assert.equal((await ask(edge, "/login")).status, 200);
    const { stdout } = await maintenance("status", "--json");
    assert.deepEqual(JSON.parse(stdout), { stack: deployment.stack, on: false });
    const without = await maintenance("on");
    assert.deepEqual([without.status, without.stderr.includes("--message")], [2, true]);
  });

  test("another image, memory limit and drainTimeout replace Nginx, and no request fails", async (t) => {
    const one = async (part: string) => {
      const [container, ...others] = await deployment.containers(part);
      assert.deepEqual([others.length, container !== undefined], [0, true], part);
      return container?.Id ?? "";
    };
    const [proxy, listener] = [await one("nginx"), await one("listener")];
    const imageOf = (id: string) => docker(["inspect", "--format", "{{.Config.Image}}", id]);
    const image = await imageOf(proxy);
    const { source } = await providedImage("nginx");
    // An official image has no recipe of ours that could change.
    if (source === "debian") {
      deployment.edit("images/nginx/Dockerfile", (text) => `${text}LABEL berth.test="another image"\n`);
    }
    await stack.unnoticed(t, async () => {
      stack.configure({ drainTimeout: "4", proxyMemory: "96" });
      await deployment.up();
    });
    const replaced = await one("nginx");
    assert.notEqual(replaced, proxy);
    if (source === "debian") {
      const another = await imageOf(replaced);
      assert.notEqual(another, image);
      madeImages.push(another);
    }
    assert.equal(
      await docker(["inspect", "--format", "{{.HostConfig.Memory}}", replaced]),
      String(96 * 2 ** 20),
    );
    assert.equal(await one("listener"), listener, "its ports are the same");
    await stack.expectNoChanges();
    const status = await deployment.berth("status", "--stack", deployment.stack, "--json");
    const { parts } = JSON.parse(status.stdout) as StatusReport;
    const address = [`https://example.org:${edge.httpsPort}`];
    assert.deepEqual(
      parts
        .filter(({ part }) => ["nginx", "listener"].includes(part))
        .map(({ part, addresses }) => [part, addresses]),
      [
        ["listener", []],
        ["nginx", address],
      ],
    );
  });

  test("takes Cloudflare's origin certificate from its settings, the key as a secret, and no request fails", async (t) => {
    const { certificate, key } = await issue(edge.domain);
    stack.configure({ tls: "cloudflare" });
    await deployment.set("originCertificate", certificate, "--plaintext");
    await deployment.set("originKey", key, "--secret");
    const said = { text: "" };
    const report = await deployment.berth("preview", "--stack", deployment.stack, "--report", "md");
    assert.equal(report.status, 0, report.stderr);
    // What it promises is held below: no request fails.
    assert.match(report.stdout, /^### \S+: (?:reload|rolling) \(.*traffic\)$/m);
    await stack.unnoticed(t, async () => {
      said.text = await deployment.up();
    });
    const { serialNumber } = new X509Certificate(certificate);
    await eventually(async () => {
      assert.equal((await ask(edge, "/login")).serial, serialNumber);
    });
    const preview = await deployment.pulumi("preview", "--diff", "--expect-no-changes");
    assert.equal(preview.status, 0, preview.stdout);
    const [, secret = ""] = key.split("\n");
    const ids = (await docker(["ps", "-aq", ...deployment.labels()])).split("\n");
    const everything = [said.text, preview.stdout, await docker(["inspect", ...ids])];
    everything.push(report.stdout);
    assert.ok(secret.length > 20 && everything.every((text) => !text.includes(secret)));
  });

  test("drift is found, told and brought back: limits, networks, strangers, files, roles, images", async () => {
    const drift = async () => {
      const { status, stdout, stderr } = await deployment.berth(
        "drift",
        "--stack",
        deployment.stack,
        "--json",
      );
      assert.ok(stdout.startsWith("["), stderr);
      return { status, found: JSON.parse(stdout) as Drift[] };
    };
    assert.deepEqual(await drift(), { status: 0, found: [] });
    const told = await driftByHand(deployment);
    const { found, status } = await drift();
    assert.equal(status, 1);
    assert.deepEqual(
      found.map(({ how, what }) =>
        `${what} ${how}`
          .replace(/[0-9a-f]{16}$/, "SET")
          .replace(/ than \S+-app-.* runs$/, " than APP runs")
          .replace(/served\/\S+/, "served/FOLDER"),
      ),
      told,
    );
    for (const { fix } of found) await bringBack(deployment, fix);
    assert.deepEqual(await drift(), { status: 0, found: [] });
    await stack.expectNoChanges();
  });

  test("no output, state or inspection holds what people sent on paths that fail, down to a link while nothing answers", async () => {
    await assertSecrecy(deployment, await failEveryWay(stack));
  });

  test("leaves the key of its backups in its settings, encrypted, when it goes down", async () => {
    const made = await deployment.mustRun("backups", "key");
    const down = await deployment.mustRun("down", "--yes");
    assert.ok(!(down.stdout + down.stderr).includes(made.stdout.trim()));
    const kept = await deployment.pulumi("config", "get", "backupKey");
    assert.equal(kept.stdout.trim(), made.stdout.trim());
    const settings = await deployment.pulumi("config");
    assert.match(settings.stdout, /^backupKey +\[secret\]$/m);
  });
});
