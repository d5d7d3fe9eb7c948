import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { edgePaths } from "./edge-paths.ts";
import { join as shellWords } from "shlex";

const served = `${edgePaths.certificates}/served`;

/**
 * Shell lines that put `$name`, a folder of `served`, in use; the link changes last, so that Nginx
 * never sees half of it.
 */
const use = [
  'ln -sfn "$name" current.next && mv -T current.next current',
  'for old in *; do case $old in "$name"|current) ;; *) rm -rf "$old" ;; esac; done',
].join("\n");

/**
 * Makes a self-signed certificate for names and addresses. Valid for ten years: clients that trust
 * it trust this one, and a new one would only warn everybody again. Kept as long as the names stay
 * the same.
 */
export function selfSignedScript(names: readonly string[]): string {
  const folder = `selfsigned-${createHash("sha256").update(names.join("\0")).digest("hex").slice(0, 12)}`;
  const alternatives = names.map((name) => `${isIP(name) === 0 ? "DNS" : "IP"}:${name}`).join(",");
  const request = shellWords([
    ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-days", "3650", "-subj", `/CN=${names[0] ?? "localhost"}`.slice(0, 64)],
    ...["-addext", `subjectAltName=${alternatives}`, "-addext", "extendedKeyUsage=serverAuth"],
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
  ]);
  return `set -eu
umask 077
mkdir -p ${served} && cd ${served}
name=${folder}
if [ ! -s "$name/fullchain.pem" ]; then
  rm -rf "$name.next" && mkdir "$name.next"
  ${request} -keyout "$name.next/privkey.pem" -out "$name.next/fullchain.pem" 2>/tmp/log || { cat /tmp/log >&2; exit 1; }
  rm -rf "$name" && mv -T "$name.next" "$name"
fi
${use}`;
}

/**
 * Takes a certificate chain and its key, both PEM, from standard input.
 * Fails, changing nothing, when they do not belong together: the message names the settings.
 */
export const originCertificateScript = `set -eu
umask 077
mkdir -p ${served} && cd ${served}
cat >/tmp/both
sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/p' /tmp/both >/tmp/fullchain.pem
sed -n '/BEGIN .*PRIVATE KEY/,/END .*PRIVATE KEY/p' /tmp/both >/tmp/privkey.pem
public=$(openssl x509 -in /tmp/fullchain.pem -noout -pubkey 2>/dev/null) || { echo "originCertificate holds no certificate" >&2; exit 1; }
own=$(openssl pkey -in /tmp/privkey.pem -pubout 2>/dev/null) || { echo "originKey holds no private key, or one with a passphrase" >&2; exit 1; }
[ "$public" = "$own" ] || { echo "originKey is not the key of originCertificate" >&2; exit 1; }
name=origin-$(openssl x509 -in /tmp/fullchain.pem -noout -fingerprint -sha256 | tr -dc 0-9A-F | tail -c 16)
rm -rf "$name.next" && mkdir "$name.next"
cp /tmp/fullchain.pem /tmp/privkey.pem "$name.next"
[ -d "$name" ] && rm -rf "$name"
mv -T "$name.next" "$name"
${use}`;

/**
 * Python that fails once a run of the renewer is an hour late: then it is stuck. Before the first
 * run there is nothing to be late for, and an order takes half an hour at most.
 */
export const renewerCheck = `
import json, sys, time
try:
    status = json.load(open("${edgePaths.certificates}/status.json"))
except OSError:
    sys.exit(0)
sys.exit(time.time() > status.get("nextRun", 0) + 3600)
`;
