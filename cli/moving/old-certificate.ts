import { X509Certificate } from "node:crypto";
import { edgePaths, edgeUser } from "../../infra/rendering/edge-paths.ts";
import { originCertificateScript } from "../../infra/rendering/certificate-scripts.ts";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import type { OldContainer } from "./old-setup.ts";
import { failure } from "./between-engines.ts";

/** A certificate that the old Nginx serves. */
export interface OldCertificate {
  /** Names that it is for, as the stack has them. */
  readonly names: readonly string[];
  readonly until: Date;
  /** Chain and key, PEM. */
  readonly pem: string;
}

/**
 * Finds the certificate for a stack's names among those that Nginx serves: Certbot's or anybody's,
 * wherever they are mounted. Nginx itself says where.
 * @returns undefined if no Nginx among the containers has a valid one for all names
 */
export async function findCertificate(
  docker: Docker,
  containers: readonly OldContainer[],
  names: readonly string[],
  now = new Date(),
): Promise<OldCertificate | undefined> {
  for (const { id, running } of containers) {
    if (!running) continue;
    const { code, stdout } = await docker.try(["exec", id, "nginx", "-T"]);
    if (code !== 0) continue;
    for (const { certificate, key } of certificatePaths(stdout)) {
      const read = await docker.try(["exec", id, "cat", certificate, key]);
      const found = read.code === 0 ? validFor(read.stdout, names, now) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Files of certificates and their keys in what `nginx -T` prints, each pair once. */
export function certificatePaths(text: string): { readonly certificate: string; readonly key: string }[] {
  const values = (directive: string) =>
    [...text.matchAll(new RegExp(`^\\s*${directive}\\s+["']?([^"';]+)["']?\\s*;`, "gm"))].map(
      ([, path = ""]) => path,
    );
  const keys = values("ssl_certificate_key");
  const pairs = values("ssl_certificate").map((certificate, index) => ({
    certificate,
    key: keys[index] ?? "",
  }));
  return [...new Map(pairs.map((pair) => [JSON.stringify(pair), pair])).values()].filter(
    ({ key }) => key !== "",
  );
}

function validFor(pem: string, names: readonly string[], now: Date): OldCertificate | undefined {
  try {
    const certificate = new X509Certificate(pem);
    const until = new Date(certificate.validTo);
    const good = until > now && names.every((name) => certificate.checkHost(name) !== undefined);
    return good ? { names, until, pem } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Has the stack serve a certificate until Certbot gets one of its own.
 * @param nginx container of the stack's
 */
export async function serveCertificate(
  docker: Docker,
  stack: string,
  nginx: Container,
  { pem }: OldCertificate,
): Promise<void> {
  const [volume = ""] = await docker.volumesOf(stack, "certificates");
  const { code, stderr } = await docker.try(
    [
      ...["run", "--rm", "--interactive", "--network", "none", "--user", `${edgeUser}:${edgeUser}`],
      ...["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
      ...["--label", `berth.stack=${stack}`, "--label", "berth.part=certificates"],
      ...["--volume", `${volume}:${edgePaths.certificates}`],
      ...["--entrypoint", "sh", nginx.image, "-c", originCertificateScript],
    ],
    { input: pem },
  );
  if (code !== 0) throw failure("The certificate of the old set-up could not be taken", stderr);
}
