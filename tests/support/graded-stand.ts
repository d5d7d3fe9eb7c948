import assert from "node:assert/strict";
import { originCertificateScript } from "../../infra/rendering/certificate-scripts.ts";
import { edgePaths, edgeUser } from "../../infra/rendering/edge-paths.ts";
import { baseImage } from "./base-image.ts";
import { docker } from "./docker.ts";
import { issue } from "./edge-authority.ts";
import { edgeStand, type EdgeStand } from "./edge-stand.ts";

/**
 * A stand whose certificate is an authority's of the test, as scanners want one.
 * @returns the stand, and the authority's certificate
 */
export async function gradedStand(): Promise<{ stand: EdgeStand; authority: string }> {
  const stand = await edgeStand({ tls: "cloudflare" });
  const issued = await issue(stand.shape.domain);
  await docker(
    [
      ...["run", "--rm", "--interactive", "--network=none", `--user=${edgeUser}:${edgeUser}`],
      ...[`--volume=${stand.name}-certificates:${edgePaths.certificates}`, "--entrypoint=sh"],
      ...[await baseImage("nginx"), "-c", originCertificateScript],
    ],
    `${issued.certificate}${issued.key}`,
  );
  // Redirects lead to the usual port, where the scanners ask.
  const switched = await stand.switchTo("r1", [await stand.startReplica("r1")], {
    shape: { httpPort: 80, httpsPort: 443 },
  });
  assert.equal(switched.status, 0, switched.stderr);
  return { stand, authority: issued.authority };
}
