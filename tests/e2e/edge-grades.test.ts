import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { originCertificateScript } from "../../infra/rendering/certificate-scripts.ts";
import { edgePaths, edgePorts, edgeUser } from "../../infra/rendering/edge-paths.ts";
import { baseImage } from "../support/base-image.ts";
import { docker } from "../support/docker.ts";
import { issue } from "../support/edge-authority.ts";
import { edgeStand, type EdgeStand } from "../support/edge-stand.ts";
import { observatory, scanSite } from "../support/observatory.ts";
import { addressOn } from "../support/pebble.ts";
import { ScratchContainers } from "../support/scratch-containers.ts";

const scanner = await observatory();

suite("grades", () => {
  const scratch = new ScratchContainers();
  let stand: EdgeStand;
  let folder: string;
  let authority: string;

  before(async () => {
    stand = await edgeStand({ tls: "cloudflare" });
    const issued = await issue(stand.shape.domain);
    await docker(
      [
        ...["run", "--rm", "--interactive", "--network=none", `--user=${edgeUser}:${edgeUser}`],
        ...[`--volume=${stand.name}-certificates:${edgePaths.certificates}`, "--entrypoint=sh"],
        ...[await baseImage("nginx"), "-c", originCertificateScript],
      ],
      `${issued.certificate}${issued.key}`,
    );
    folder = await mkdtemp(join(tmpdir(), "berth-grades-"));
    authority = join(folder, "authority.pem");
    await writeFile(authority, issued.authority);
    // Redirects lead to the usual port, where the scanners ask.
    const switched = await stand.switchTo("r1", [await stand.startReplica("r1")], {
      shape: { httpPort: 80, httpsPort: 443 },
    });
    assert.equal(switched.status, 0, switched.stderr);
  });
  after(async () => {
    await stand.remove();
    await scratch.remove();
    await rm(folder, { recursive: true });
  });

  test(
    "MDN Observatory's scanner gives A+",
    { skip: scanner instanceof Error ? scanner.message : false },
    async (t) => {
      assert.ok(typeof scanner === "string");
      const { scan, tests } = await scanSite(scanner, stand, authority);
      const failed = Object.entries(tests).filter(([, { pass }]) => !pass);
      assert.deepEqual(failed, []);
      assert.equal(scan.grade, "A+");
      assert.ok(scan.score >= 100, `${scan.score} points`);
      t.diagnostic(`${scan.score} points`);
    },
  );

  test("testssl.sh gives A+, and finds nothing of medium severity or above", async () => {
    const image = await scratch.build(
      'ARG DEBIAN\nFROM "$DEBIAN"\nRUN apt-get -qq update && apt-get -qq install -y --no-install-recommends testssl.sh dnsutils bsdextrautils procps',
      { DEBIAN: await baseImage("debian") },
    );
    const address = await addressOn(stand, stand.listener);
    const script = `cat >/tmp/ca.pem; testssl --quiet --color 0 --add-ca /tmp/ca.pem --ip ${address} --jsonfile /tmp/found.json https://example.org:${edgePorts.https} >&2; cat /tmp/found.json`;
    const scan = await scratch.run(
      image,
      [`--network=${stand.name}`, "--entrypoint=sh"],
      ["-c", script],
      await readFile(authority, "utf8"),
    );
    const findings = JSON.parse(scan.stdout) as { id: string; severity: string; finding: string }[];
    const grade = findings.find(({ id }) => id === "overall_grade")?.finding;
    assert.equal(grade, "A+", scan.stderr);
    const severe = findings.filter(({ severity }) => ["MEDIUM", "HIGH", "CRITICAL"].includes(severity));
    // The test's authority says nowhere what it has revoked; public ones do.
    assert.deepEqual(
      severe.filter(({ id }) => id !== "cert_revocation"),
      [],
    );
  });
});
