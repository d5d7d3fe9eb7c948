import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readMachineCa } from "../../images/lib/machine-ca.ts";

const folder = mkdtempSync(join(tmpdir(), "berth-ca-"));
after(() => {
  rmSync(folder, { recursive: true });
});

const pem = (kind: string, body: string): string =>
  `-----BEGIN ${kind}-----\n${body}\n-----END ${kind}-----\n`;

function bundle(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test("without a bundle the text is empty, and still has a hash", () => {
  const ca = readMachineCa({});
  assert.equal(ca.pem, "");
  assert.match(ca.hash, /^[0-9a-f]{12}$/);
  assert.equal(ca.origin, null);
});

test("an empty variable names no bundle", () => {
  assert.equal(readMachineCa({ NODE_EXTRA_CA_CERTS: "", SSL_CERT_FILE: "" }).origin, null);
});

test("NODE_EXTRA_CA_CERTS wins over SSL_CERT_FILE", () => {
  const first = bundle("first.pem", pem("CERTIFICATE", "Zmlyc3Q="));
  const second = bundle("second.pem", pem("CERTIFICATE", "c2Vjb25k"));
  assert.match(readMachineCa({ NODE_EXTRA_CA_CERTS: first, SSL_CERT_FILE: second }).pem, /Zmlyc3Q=/);
  assert.match(readMachineCa({ SSL_CERT_FILE: second }).pem, /c2Vjb25k/);
});

test("certificates are taken, comments and a private key are not", () => {
  const own = bundle(
    "mixed.pem",
    `# company\n${pem("CERTIFICATE", "b25l")}${pem("PRIVATE KEY", "a2V5")}${pem("CERTIFICATE", "dHdv")}`,
  );
  const ca = readMachineCa({ NODE_EXTRA_CA_CERTS: own });
  assert.equal(ca.pem, pem("CERTIFICATE", "b25l") + pem("CERTIFICATE", "dHdv"));
});

test("an unreadable file is named together with its variable", () => {
  assert.throws(
    () => readMachineCa({ SSL_CERT_FILE: join(folder, "none.pem") }),
    /SSL_CERT_FILE .*none\.pem/,
  );
});

test("a file without a certificate is refused", () => {
  const path = bundle("text.pem", "hello");
  assert.throws(
    () => readMachineCa({ NODE_EXTRA_CA_CERTS: path }),
    /NODE_EXTRA_CA_CERTS=.*no PEM certificate/,
  );
});
