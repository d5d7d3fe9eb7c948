import { createHash, X509Certificate } from "node:crypto";
import { edgePaths } from "../../infra/rendering/edge-paths.ts";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { resourceName, type Deployment } from "../pulumi/deployment.ts";
import type { Drift } from "./drift.ts";

/**
 * Whether a served certificate is the one that its folder is named after: by the hash of its chain,
 * by its fingerprint, or as one that signed itself.
 * @param folder the folder's name
 * @param chain PEM, the served certificate first
 */
export function isOwnCertificate(folder: string, chain: string): boolean {
  let served: X509Certificate;
  try {
    served = new X509Certificate(chain);
  } catch {
    return false;
  }
  if (folder.startsWith("selfsigned-"))
    return served.issuer === served.subject && served.verify(served.publicKey);
  if (folder.startsWith("origin-"))
    return served.fingerprint256.replaceAll(":", "").endsWith(folder.slice("origin-".length));
  return createHash("sha256").update(chain).digest("hex").startsWith(folder);
}

/** Whether Nginx serves the certificate that the stack made or ordered. */
export async function certificateDrift(
  docker: Docker,
  { resources }: Deployment,
  stack: string,
  nginx: Container,
): Promise<Drift[]> {
  const script = "readlink served/current && cat served/current/fullchain.pem";
  const exec = ["exec", "--workdir", edgePaths.certificates, nginx.id, "sh", "-c", script];
  const { code, stdout } = await docker.try(exec);
  // Without the link, a placeholder is served: `berth certs` tells.
  if (code !== 0) return [];
  const end = stdout.indexOf("\n");
  const folder = stdout.slice(0, end);
  if (isOwnCertificate(folder, stdout.slice(end + 1))) return [];
  const volume = resources.find(({ urn }) => resourceName(urn) === "edge-certificates")?.id ?? "";
  const written = resources.find(({ urn }) => resourceName(urn) === "certificates-write")?.urn;
  const inVolume = (words: string) =>
    `docker run --rm --user 0:0 --network none --volume ${volume}:/certificates --entrypoint rm ${nginx.image} ${words}`;
  return [
    {
      what: "the certificate",
      how: `in served/${folder} is not the one that was put there`,
      fix:
        written === undefined
          ? `${inVolume("/certificates/served/current")} && npx berth certs --renew --stack ${stack}`
          : `${inVolume(`-r /certificates/served/${folder}`)} && npx berth up --stack ${stack} -- --replace '${written}'`,
    },
  ];
}
