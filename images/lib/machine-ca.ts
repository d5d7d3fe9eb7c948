import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** The CA certificates that this machine trusts beyond the usual ones, as one PEM text. */
export interface MachineCa {
  /** PEM certificates; empty when the machine names no bundle. */
  readonly pem: string;
  /** First 12 hex digits of the text's SHA-256. */
  readonly hash: string;
  /** Where the bundle came from, for messages; null when the machine names none. */
  readonly origin: string | null;
}

// The order in which they win. Node's own variable comes first: npm, which needs the bundle most,
// obeys it.
const variables = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"];
const certificate = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/**
 * Reads the CA bundle named by NODE_EXTRA_CA_CERTS, else by SSL_CERT_FILE.
 *
 * Only certificates are taken: a bundle that carries a private key by mistake must not reach an
 * image.
 *
 * @throws when the named file cannot be read or has no certificate in it.
 */
export function readMachineCa(environment: NodeJS.ProcessEnv): MachineCa {
  const variable = variables.find((name) => environment[name]);
  const path = variable === undefined ? undefined : environment[variable];
  const pem = variable === undefined || path === undefined ? "" : readCertificates(variable, path);
  const hash = createHash("sha256").update(pem).digest("hex").slice(0, 12);
  return { pem, hash, origin: variable === undefined ? null : `${variable}=${path ?? ""}` };
}

function readCertificates(variable: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${variable} names a file that cannot be read: ${reason}. Correct or unset it.`);
  }
  const found = text.match(certificate);
  if (found === null) {
    throw new Error(`${variable}=${path} holds no PEM certificate. Correct or unset it.`);
  }
  return `${found.join("\n")}\n`;
}
