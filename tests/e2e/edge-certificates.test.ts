import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { projectName } from "../../cli/settings/project.ts";
import { readCertificates } from "../../cli/status/certificate-report.ts";
import { renewerCheck } from "../../infra/rendering/certificate-scripts.ts";
import { edgePaths, edgeUser } from "../../infra/rendering/edge-paths.ts";
import { renewerProgram } from "../../infra/rendering/renewer-program.ts";
import { baseImage } from "../support/base-image.ts";
import { docker, finish } from "../support/docker.ts";
import { ask, constantLoad } from "../support/edge-client.ts";
import { edgeStand, type EdgeStand } from "../support/edge-stand.ts";
import { addressOn, pebble, type Pebble } from "../support/pebble.ts";

const root = join(import.meta.dirname, "../..");

interface Status {
  failures: number;
  lastRun: number;
  lastError: string | null;
  lastSuccess?: number;
  names: string[];
  directory: string;
}

suite("certificates by ACME", () => {
  let stand: EdgeStand;
  let acme: Pebble;
  let certbotImage: string;
  let renewers = 0;
  let current = "";

  before(async () => {
    certbotImage = await baseImage("certbot");
    stand = await edgeStand({
      tls: "certbot",
      acmeDirectory: "https://acme.test:14000/dir",
      acmeChallenge: "http",
      domain: ["example.org", "shop.example.org"],
    });
    acme = await pebble(stand);
    const replica = await stand.startReplica("r1");
    const switched = await stand.switchTo("r1", [replica]);
    assert.equal(switched.status, 0, switched.stderr);
  });
  after(() => stand.remove());

  /** Starts Certbot's container as the component does, on shorter intervals. */
  async function keep(
    settings: { names?: readonly string[]; directory?: string; interval?: number; profile?: string } = {},
  ): Promise<void> {
    renewers += 1;
    current = await stand.run(`certbot-${renewers}`, [
      ...["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/tmp"],
      ...[`--user=${edgeUser}:${edgeUser}`, ...acme.dns],
      `--volume=${stand.name}-certificates:${edgePaths.certificates}`,
      `--volume=${stand.name}-webroot:${edgePaths.webroot}`,
      `--env=NAMES=${(settings.names ?? stand.shape.domain).join(",")}`,
      `--env=ACME_DIRECTORY=${settings.directory ?? acme.directory}`,
      `--env=ACME_DIRECTORY_CA=${acme.directoryCa}`,
      ...[
        `--env=PROXY=${stand.listener}:8080`,
        "--env=HTTP_PORT=8080",
        `--env=ACME_PROFILE=${settings.profile ?? ""}`,
        `--env=INTERVAL=${settings.interval ?? 4}`,
        "--env=FIRST_RETRY=1",
        "--env=CHECK_AGAIN=1",
      ],
      ...["--entrypoint=python3", certbotImage, "-u", "-c", renewerProgram()],
    ]);
    // A stop before Python handles the signal would have to wait for SIGKILL.
    await until("Certbot's container says something", async () => (await docker(["logs", current])) !== "");
  }
  afterEach(async () => {
    if (current !== "") await finish("docker", ["stop", "-t", "10", current]);
    current = "";
  });

  const inVolume = (...command: string[]) => docker(["exec", current, ...command]);
  const status = async () =>
    JSON.parse(
      (await finish("docker", ["exec", current, "cat", `${edgePaths.certificates}/status.json`])).stdout ||
        "{}",
    ) as Partial<Status>;

  async function until(what: string, holds: () => Promise<boolean>, seconds = 120): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (!(await holds())) {
      if (Date.now() > deadline) {
        assert.fail(
          `${what} did not come true.\n${current === "" ? "" : await docker(["logs", "--tail=20", current])}`,
        );
      }
      await sleep(500);
    }
  }

  /** Takes names over as a deploy would. */
  async function serve(...domain: string[]): Promise<void> {
    const switched = await stand.switchTo("r1", [`${stand.name}-app-1`], { shape: { domain } });
    assert.equal(switched.status, 0, switched.stderr);
  }

  /** What `berth certs` makes of the volume. */
  const report = async () => {
    const inside = (file: string) =>
      finish("docker", ["exec", current, "cat", `${edgePaths.certificates}/${file}`]).then(
        ({ stdout }) => stdout,
      );
    const link = ["exec", current, "readlink", `${edgePaths.certificates}/served/current`];
    const folder = (await finish("docker", link)).stdout.trim();
    const files = {
      folder,
      chain: await inside("served/current/fullchain.pem"),
      status: await inside("status.json"),
    };
    return readCertificates("prod", files, new Date());
  };
  const serial = async () => (await ask(stand.shape, "/")).serial;
  const served = async () =>
    new X509Certificate(await inVolume("cat", `${edgePaths.certificates}/served/current/fullchain.pem`));
  /** Certbot remembers for six hours what it was told about renewal. */
  const forgetRenewalInfo = () =>
    inVolume("sh", "-c", `sed -i /ari_retry_after/d ${edgePaths.certificates}/acme/*/renewal/berth.conf`);

  test("names that do not lead here are reported before an order, and the placeholder serves", async () => {
    const placeholder = await serial();
    await keep();
    await until("what is wrong is recorded", async () => (await status()).lastError !== undefined);
    const first = await report();
    assert.match(first.lastError ?? "", /example\.org has no address in DNS: point an A record at this host/);
    assert.deepEqual([first.healthy, first.source, first.names], [false, "placeholder", stand.shape.domain]);
    await acme.address("shop.example.org", await addressOn(stand, stand.listener));
    const other = await stand.startReplica("elsewhere");
    // The stand's replicas answer on 8000; a stranger's web server has to be on the port that is
    // asked.
    await docker([
      "exec",
      "--detach",
      other,
      "node",
      "--eval",
      "require('node:http').createServer((q, s) => s.end('not yours')).listen(8080)",
    ]);
    await acme.address("example.org", await addressOn(stand, other));
    await until("the stranger is noticed", async () =>
      ((await status()).lastError ?? "").includes("answered by something else"),
    );
    assert.match(
      (await status()).lastError ?? "",
      /^port 80 of example\.org \([\d.]+\) is answered by something else \(status 200\)/,
    );
    const redirecting = await stand.run("redirecting", [
      ...["--user=1000:1000", "--entrypoint=node", await baseImage("node"), "--eval"],
      `require("node:http").createServer((q, s) => s.writeHead(301, { Location: "http://${other}:8000/lost?x" }).end()).listen(8080)`,
    ]);
    await acme.address("example.org", await addressOn(stand, redirecting));
    await until("where the redirect leads is named", async () =>
      ((await status()).lastError ?? "").includes(
        `redirects to http://${other}:8000/lost, which is answered with status 200 by another server`,
      ),
    );
    // Only our own check has failed so far, so nothing grows from one try to the next.
    assert.equal((await status()).failures ?? 0, 0);
    assert.equal(await serial(), placeholder);
    assert.equal((await ask(stand.shape, "/")).status, 200);
    const orders = await docker(["logs", `${stand.name}-acme`]);
    assert.ok(!orders.includes("POST /order-plz"), "nothing was ordered");
  });

  test("the first certificate is ordered through a redirect to HTTPS and served without a lost request", async (t) => {
    const placeholder = await serial();
    // As a CDN does that is told to use HTTPS always.
    const front = await stand.run("front", [
      ...["--user=1000:1000", "--entrypoint=node", await baseImage("node"), "--eval"],
      `require("node:http").createServer((q, s) => s.writeHead(301, { Location: "https://example.org:8443" + q.url }).end()).listen(8080);
       require("node:net").createServer((client) => {
         const proxy = require("node:net").connect(8443, "${stand.listener}");
         client.pipe(proxy).pipe(client);
         for (const side of [client, proxy]) side.on("error", () => { client.destroy(); proxy.destroy(); });
       }).listen(8443);`,
    ]);
    await acme.address("example.org", await addressOn(stand, front));
    const load = constantLoad(stand.shape);
    await keep();
    await until("a certificate is served", async () => (await serial()) !== placeholder);
    await sleep(1000);
    const { answers, failures } = await load.stop();
    t.diagnostic(`${answers} requests while the certificate changed`);
    assert.deepEqual(failures, []);
    const certificate = await served();
    assert.equal(certificate.serialNumber, await serial());
    assert.equal(certificate.subjectAltName, "DNS:example.org, DNS:shop.example.org");
    assert.match(certificate.issuer, /Pebble/);
    const { healthy, source, names, lastError, daysLeft, renewal } = await report();
    assert.deepEqual([healthy, source, names, lastError], [true, "certbot", stand.shape.domain, null]);
    assert.ok(daysLeft !== null && daysLeft >= 88 && renewal !== null);
    const keyMode = await inVolume(
      "stat",
      "-c",
      "%a %u",
      `${edgePaths.certificates}/served/current/privkey.pem`,
    );
    assert.equal(keyMode, `600 ${edgeUser}`);
  });

  test("ten starts order nothing new", async () => {
    const before = await serial();
    for (let start = 0; start < 10; start += 1) {
      await keep();
      if (start < 9) await docker(["stop", "-t", "10", current]);
    }
    const successes = (await status()).lastSuccess ?? 0;
    await inVolume("python3", "-c", renewerCheck);
    await until("another run is over", async () => ((await status()).lastSuccess ?? 0) > successes);
    assert.equal(await serial(), before);
  });

  test("a renewal that the authority asks for (ARI) is served under load: 0 failed requests and handshakes", async (t) => {
    await keep();
    await until("a run is over", async () => (await status()).lastError === null);
    const before = await served();
    await acme.renewalWindow(
      before.toString(),
      new Date(Date.now() - 7_200_000),
      new Date(Date.now() - 3_600_000),
    );
    const load = constantLoad(stand.shape);
    await forgetRenewalInfo();
    await until("the renewed certificate is served", async () => (await serial()) !== before.serialNumber);
    await sleep(1000);
    const { answers, failures } = await load.stop();
    t.diagnostic(`${answers} requests while the certificate changed`);
    assert.deepEqual(failures, []);
    assert.equal((await served()).serialNumber, await serial());
  });

  test("an authority that is down only changes the status, and is asked less and less often", async () => {
    const before = await serial();
    await keep({ names: ["example.org", "shop.example.org", "new.example.org"] });
    await until("a name that the proxy does not know yet is waited for", async () =>
      ((await status()).lastError ?? "").startsWith("the proxy does not serve new.example.org yet"),
    );
    assert.equal((await status()).failures ?? 0, 0);
    await docker(["stop", "-t", "10", current]);
    await serve("example.org", "shop.example.org", "new.example.org");
    await acme.stop();
    try {
      await keep({ names: ["example.org", "shop.example.org", "new.example.org"] });
      await acme.address("new.example.org", await addressOn(stand, stand.listener));
      await until("two failures are recorded", async () => ((await status()).failures ?? 0) >= 2);
      assert.equal(await serial(), before);
      assert.equal((await ask(stand.shape, "/")).status, 200);
      const waits = (await docker(["logs", current])).matchAll(/"retryInSeconds": (\d+)/g);
      const [first = 0, second = 0] = [...waits].map(([, seconds]) => Number(seconds));
      assert.ok(second > first, `${first} s, then ${second} s`);
    } finally {
      await acme.start();
    }
    await until(
      "the new name is certified once it is back",
      async () => (await served()).subjectAltName?.includes("new.example.org") === true,
    );
    await until("it is served", async () => (await serial()) !== before);
  });

  test("an order that the authority refuses leaves the certificate in place, with its words in the status", async () => {
    const before = await serial();
    await serve("example.org", "blocked.org");
    await acme.address("blocked.org", await addressOn(stand, stand.listener));
    await keep({ names: ["example.org", "blocked.org"] });
    await until("the refusal is recorded", async () => ((await status()).failures ?? 0) >= 1);
    assert.match((await status()).lastError ?? "", /blocked/i);
    assert.equal(await serial(), before);
  });

  test("from one authority to another: nothing of the first is left, and no request is lost", async () => {
    await serve("example.org", "shop.example.org");
    const old = await serial();
    const load = constantLoad(stand.shape);
    await keep({ directory: acme.stagingDirectory });
    await until("the other authority's certificate is served", async () => (await serial()) !== old);
    assert.deepEqual((await load.stop()).failures, []);
    assert.equal((await served()).serialNumber, await serial());
    const folders = (await inVolume("ls", `${edgePaths.certificates}/acme`)).split("\n");
    assert.equal(folders.length, 1, "accounts and certificates of the first authority are gone");
    const renewal = await inVolume("sh", "-c", `cat ${edgePaths.certificates}/acme/*/renewal/berth.conf`);
    assert.match(renewal, /server = https:\/\/staging\.test:14000\/dir/);
  });

  test("another profile orders another certificate; one of six days is renewed by ARI, and proves its names anew", async () => {
    const days = async () => {
      const { validFromDate, validToDate } = await served();
      return Math.round((validToDate.getTime() - validFromDate.getTime()) / 86_400_000);
    };
    const directory = acme.profilesDirectory;
    await keep({ directory, profile: "classic" });
    await until("the profile's authority has issued", async () => (await status()).directory === directory);
    assert.equal(await days(), 90);
    await docker(["stop", "-t", "10", current]);
    await keep({ directory, profile: "tlsserver" });
    await until("a certificate of 45 days is there", async () => (await days()) === 45);
    await docker(["stop", "-t", "10", current]);
    await keep({ directory, profile: "shortlived" });
    await until("a certificate of six days is there", async () => (await days()) === 6);
    const first = await served();
    // The one of the certificate before is noted until the run has ended.
    await until("the authority's window is noted", async () => {
      const { renewalEnd: end } = await report();
      return end !== null && new Date(end) < first.validToDate;
    });
    const { renewal, renewalEnd, daysLeft } = await report();
    const within = [first.validFromDate, renewal, renewalEnd, first.validToDate].map((time) =>
      new Date(time ?? 0).getTime(),
    );
    assert.deepEqual(
      within,
      within.toSorted((a, b) => a - b),
    );
    assert.equal(daysLeft, 5);
    const successes = (await status()).lastSuccess ?? 0;
    await until("another run is over", async () => ((await status()).lastSuccess ?? 0) > successes);
    assert.equal((await served()).serialNumber, first.serialNumber, "the same profile orders nothing new");
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
    const proofs = await acme.proofs();
    await acme.renewalWindow(first.toString(), hoursAgo(2), hoursAgo(1), "profiles");
    await forgetRenewalInfo();
    await until(
      "the renewed certificate is there",
      async () => (await served()).serialNumber !== first.serialNumber,
    );
    assert.equal(await days(), 6);
    const proved = (await acme.proofs()) - proofs;
    assert.ok(proved >= stand.shape.domain.length, `${proved} names were proved anew`);
    await docker(["stop", "-t", "10", current]);
    await keep({ directory, profile: "classic" });
    await until("the other kind is back", async () => (await days()) === 90);
  });

  test("fifty names in one certificate", async () => {
    const names = Array.from({ length: 50 }, (_, index) => `shop-${index}.example.org`);
    // Each is looked up by the authority: all lead to the same place.
    const proxy = await addressOn(stand, stand.listener);
    for (const name of names) await acme.address(name, proxy);
    await serve("example.org", ...names);
    await keep({ names: ["example.org", ...names] });
    await until(
      "all are certified",
      async () => (await served()).subjectAltName?.split(", ").length === 51,
      180,
    );
  });

  test("the private key stays out of logs and the environment", async () => {
    await serve("example.org", "shop.example.org");
    await keep();
    await until("a run is over", async () => (await status()).lastError === null);
    const key = await inVolume("cat", `${edgePaths.certificates}/served/current/privkey.pem`);
    const line = key.split("\n")[1] ?? "";
    assert.ok(line.length > 20);
    for (const container of [current, stand.proxy]) {
      assert.ok(!(await docker(["logs", container])).includes(line));
      assert.ok(!(await docker(["inspect", container])).includes(line));
    }
  });

  // The last one: the next run that it leaves in the volume is an hour away.
  test("berth certs --renew runs at once, and reports the run", async (t) => {
    await keep({ interval: 3_600 });
    await until("the next run is an hour away", async () =>
      /next run in 3\d{3} s/.test(await docker(["logs", current])),
    );
    const before = (await status()).lastRun;
    await sleep(2_000);
    assert.equal((await status()).lastRun, before);
    const settings = join(root, `Pulumi.${stand.name}.yaml`);
    await writeFile(settings, `config:\n  ${projectName()}:shape: prod\n`);
    t.after(() => rm(settings));
    const words = ["cli/berth.mjs", "certs", "--renew", "--json", "--stack", stand.name];
    const renewed = await finish(process.execPath, words, { cwd: root });
    assert.equal(renewed.status, 0, renewed.stdout + renewed.stderr);
    const { lastRun, lastError } = await status();
    assert.notEqual(lastRun, before);
    assert.equal(lastError, null);
    assert.deepEqual(JSON.parse(renewed.stdout), { ...(await report()), stack: stand.name });
  });
});
