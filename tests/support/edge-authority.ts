import { baseImage } from "./base-image.ts";
import { docker } from "./docker.ts";

/** A certificate by an authority of a test's own. All in PEM form. */
export interface Issued {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

const pem = /-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----\n/g;

/** Makes an authority, and has it certify names for 90 days, as public ones do. */
export async function issue(names: readonly string[]): Promise<Issued> {
  const newKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  const script = [
    "cd /tmp",
    `openssl req -x509 ${newKey} -days 90 -subj /CN=test-authority -addext keyUsage=critical,keyCertSign,cRLSign -keyout ca.key -out ca.pem`,
    `openssl req ${newKey} -subj "/CN=$1" -keyout key.pem -out request`,
    'printf "subjectAltName=$2\\nbasicConstraints=CA:FALSE\\nkeyUsage=digitalSignature\\nextendedKeyUsage=serverAuth\\n" >extensions',
    "openssl x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -days 90 -extfile extensions -out cert.pem",
    "cat ca.pem cert.pem key.pem",
  ].join(" && ");
  const said = await docker([
    ...["run", "--rm", "--network=none", "--entrypoint=sh", await baseImage("nginx"), "-c", script, "sh"],
    ...[names[0] ?? "", names.map((name) => `DNS:${name}`).join(",")],
  ]);
  const [authority = "", certificate = "", key = ""] = `${said}\n`.match(pem) ?? [];
  return { authority, certificate, key };
}
