import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { edgePorts } from "../../infra/rendering/edge-paths.ts";
import { baseImage } from "../support/base-image.ts";
import type { EdgeStand } from "../support/edge-stand.ts";
import { gradedStand } from "../support/graded-stand.ts";
import { addressOn } from "../support/pebble.ts";
import { ScratchContainers } from "../support/scratch-containers.ts";

suite("the grade of TLS", () => {
  const scratch = new ScratchContainers();
  let stand: EdgeStand;
  let authority: string;

  before(async () => {
    ({ stand, authority } = await gradedStand());
  });
  after(async () => {
    await stand.remove();
    await scratch.remove();
  });

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
      authority,
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
