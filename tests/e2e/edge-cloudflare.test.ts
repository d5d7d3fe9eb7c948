import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { readCertificates } from "../../cli/status/certificate-report.ts";
import { originCertificateScript } from "../../infra/rendering/certificate-scripts.ts";
import { edgePaths, edgeUser } from "../../infra/rendering/edge-paths.ts";
import { renewerProgram } from "../../infra/rendering/renewer-program.ts";
import { baseImage } from "../support/base-image.ts";
import { docker, finish } from "../support/docker.ts";
import { issue, type Issued } from "../support/edge-authority.ts";
import { ask } from "../support/edge-client.ts";
import { edgeStand, type EdgeStand } from "../support/edge-stand.ts";
import { addressOn, pebble, type Pebble } from "../support/pebble.ts";
import { eventually } from "../support/scratch-containers.ts";

const api = readFileSync(join(import.meta.dirname, "../support/cloudflare-api.ts"), "utf8");
const serials = (pem: string) => new X509Certificate(pem).serialNumber;

suite("Cloudflare's origin certificate", () => {
  let stand: EdgeStand;
  let issued: Issued;

  /** Brings certificate and key as the component's command does. */
  const bring = async (pem: string) =>
    finish(
      "docker",
      [
        ...["run", "--rm", "--interactive", "--network=none", "--read-only", "--tmpfs=/tmp"],
        ...[`--user=${edgeUser}:${edgeUser}`, "--cap-drop=ALL"],
        ...[`--volume=${stand.name}-certificates:${edgePaths.certificates}`, "--entrypoint=sh"],
        ...[await baseImage("nginx"), "-c", originCertificateScript],
      ],
      { stdin: pem },
    );

  before(async () => {
    stand = await edgeStand({ tls: "cloudflare" });
    const switched = await stand.switchTo("r1", [await stand.startReplica("r1")]);
    assert.equal(switched.status, 0, switched.stderr);
    issued = await issue(stand.shape.domain);
  });
  after(() => stand.remove());

  test("is served once it is set, without a restart", async () => {
    const brought = await bring(`${issued.certificate}${issued.key}`);
    assert.equal(brought.status, 0, brought.stderr);
    await eventually(async () =>
      (await ask(stand.shape, "/")).serial === serials(issued.certificate) ? true : undefined,
    );
  });

  test("that does not fit its key is refused by the settings' names, and the previous one is still served", async () => {
    const other = await issue(stand.shape.domain);
    const wrong: [string, RegExp][] = [
      [`${other.certificate}${issued.key}`, /originKey is not the key of originCertificate/],
      [`nothing\n${issued.key}`, /originCertificate holds no certificate/],
      [`${issued.certificate}nothing\n`, /originKey holds no private key/],
    ];
    for (const [pem, message] of wrong) {
      const brought = await bring(pem);
      assert.equal(brought.status, 1);
      assert.match(brought.stderr, message);
    }
    assert.equal((await ask(stand.shape, "/")).serial, serials(issued.certificate));
  });

  test("CF-Connecting-IP is trusted only from Cloudflare's addresses", async () => {
    const answer = await ask(stand.shape, "/", { headers: { "CF-Connecting-IP": "203.0.113.9" } });
    const { headers } = JSON.parse(answer.body) as { headers: Record<string, string> };
    assert.notEqual(headers["x-forwarded-for"], "203.0.113.9");
  });

  test("with authenticated origin pulls, clients without Cloudflare's certificate get no further", async () => {
    const switched = await stand.switchTo("r1", [`${stand.name}-app-1`], {
      shape: { tls: "cloudflare", originPullsCa: issued.authority },
    });
    assert.equal(switched.status, 0, switched.stderr);
    assert.equal((await ask(stand.shape, "/")).status, 400);
  });
});

suite("certificates by DNS-01 through Cloudflare's API", () => {
  let stand: EdgeStand;
  let acme: Pebble;
  const names = ["example.org", "*.example.org"];
  let renewers = 0;

  before(async () => {
    stand = await edgeStand({
      tls: "certbot",
      acmeDirectory: "https://acme.test:14000/dir",
      acmeChallenge: "dns",
      domain: names,
    });
    acme = await pebble(stand);
    const dns = await addressOn(stand, `${stand.name}-challtestsrv`);
    await stand.run("cloudflare", [
      ...["--network-alias=cloudflare.test", "--user=1000:1000", "--init", "--env=ZONE=example.org"],
      ...["--env=TOKEN=right-token", `--env=DNS=http://${dns}:8055`, "--entrypoint=node"],
      ...[await baseImage("node"), "--input-type=module-typescript", "--eval", api],
    ]);
    const switched = await stand.switchTo("r1", [await stand.startReplica("r1")]);
    assert.equal(switched.status, 0, switched.stderr);
  });
  after(() => stand.remove());

  /** Runs Certbot's container with a token, until its first run has ended as wanted. */
  async function keep(token: string) {
    renewers += 1;
    const program = `printf 'dns_cloudflare_api_token = ${token}\\n' >/tmp/token.ini && chmod 0400 /tmp/token.ini && exec python3 -u -c "$RENEWER"`;
    const renewer = await stand.run(`certbot-${renewers}`, [
      ...["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/tmp"],
      ...[`--user=${edgeUser}:${edgeUser}`, ...acme.dns, `--env=RENEWER=${renewerProgram()}`],
      `--volume=${stand.name}-certificates:${edgePaths.certificates}`,
      `--volume=${stand.name}-webroot:${edgePaths.webroot}`,
      ...[
        `--env=NAMES=${names.join(",")}`,
        `--env=ACME_DIRECTORY=${acme.directory}`,
        "--env=ACME_CHALLENGE=dns",
      ],
      ...[`--env=ACME_DIRECTORY_CA=${acme.directoryCa}`, "--env=CLOUDFLARE_CREDENTIALS_FILE=/tmp/token.ini"],
      // Read by Cloudflare's own library.
      "--env=CLOUDFLARE_BASE_URL=http://cloudflare.test:8080/client/v4",
      ...["--env=DNS_PROPAGATION=1", "--env=FIRST_RETRY=2", "--env=INTERVAL=60"],
      ...["--entrypoint=sh", await baseImage("certbot"), "-c", program],
    ]);
    const inside = (...command: string[]) =>
      finish("docker", ["exec", renewer, ...command]).then(({ stdout }) => stdout);
    const report = async () =>
      readCertificates(
        "prod",
        {
          folder: (await inside("readlink", `${edgePaths.certificates}/served/current`)).trim(),
          chain: await inside("cat", `${edgePaths.certificates}/served/current/fullchain.pem`),
          status: await inside("cat", `${edgePaths.certificates}/status.json`),
        },
        new Date(),
      );
    return { renewer, report };
  }

  test("a wrong token is reported in Cloudflare's words, and the placeholder still serves", async () => {
    const { renewer, report } = await keep("wrong-token");
    const failed = await eventually(async () => {
      const now = await report();
      return now.failures > 0 ? now : undefined;
    });
    assert.match(failed.lastError ?? "", /9109|valid Cloudflare Token/);
    assert.equal(failed.source, "placeholder");
    assert.equal((await ask(stand.shape, "/")).status, 200);
    await docker(["stop", "-t", "10", renewer]);
  });

  test("a wildcard is certified, served, and its records are taken away again", async () => {
    const { renewer, report } = await keep("right-token");
    const issued = await eventually(async () => {
      const now = await report();
      if (!now.healthy)
        throw new Error(`no certificate yet: ${await docker(["logs", "--tail=20", renewer])}`);
      return now;
    });
    assert.deepEqual([...issued.names].sort(), [...names].sort());
    assert.match(issued.issuer ?? "", /Pebble/);
    await eventually(async () =>
      (await ask(stand.shape, "/", { host: "shop.example.org" })).serial === issued.serial ? true : undefined,
    );
    const asked = await docker(["logs", `${stand.name}-cloudflare`]);
    const count = (method: string) =>
      asked.split("\n").filter((line) => line.startsWith(`${method} `)).length;
    assert.equal(count("POST"), 2);
    assert.equal(count("DELETE"), 2);
    await docker(["stop", "-t", "10", renewer]);
  });
});
