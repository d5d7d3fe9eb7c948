import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { z } from "zod";
import { hashFor, publicKey, signingKeys } from "../stacks/signing-key.ts";

const payloadType = "application/vnd.in-toto+json";

const envelope = z.object({
  payloadType: z.literal(payloadType),
  payload: z.base64(),
  signatures: z.array(z.object({ keyid: z.string().optional(), sig: z.base64() })),
});

/** What is read of a statement: the digests of what it is about. */
const statement = z.object({
  subject: z.array(z.object({ digest: z.object({ sha256: z.string() }) })),
});

/**
 * What is signed. https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md
 */
function encoded(payload: Buffer): Buffer {
  const type = `${Buffer.byteLength(payloadType)} ${payloadType}`;
  return Buffer.concat([Buffer.from(`DSSEv1 ${type} ${payload.length} `), payload]);
}

/** Names a key as others see it: the hash of its public part. */
const keyId = (key: KeyObject) =>
  createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex");

/**
 * Signs a statement of in-toto, as a DSSE envelope.
 * @param pem private key, PKCS #8 or SEC 1, without a passphrase: Ed25519, or ECDSA on P-256
 * @throws Error for another key
 */
export function signed(content: object, pem: string): string {
  const key = createPrivateKey(pem);
  const hash = hashFor(key);
  if (hash === undefined) throw new Error(`another kind of key than ${signingKeys}`);
  const payload = Buffer.from(JSON.stringify(content));
  const sig = sign(hash.name, encoded(payload), key).toString("base64");
  const signatures = [{ keyid: keyId(createPublicKey(key)), sig }];
  return `${JSON.stringify({ payloadType, payload: payload.toString("base64"), signatures }, null, 2)}\n`;
}

/**
 * Why a signature does not let an image in; undefined if it does.
 * @param text the envelope
 * @param pem the public key that it has to be by
 * @param digest of the image, `sha256:…`, which the signed statement has to be about
 */
export function signatureProblem(text: string, pem: string, digest: string): string | undefined {
  const key = publicKey(pem);
  const hash = key && hashFor(key);
  if (key === undefined || hash === undefined) return "the setting holds no public key";
  let read;
  try {
    read = envelope.parse(JSON.parse(text));
  } catch {
    return "its signature cannot be read";
  }
  const payload = Buffer.from(read.payload, "base64");
  const byKey = read.signatures.some(({ sig }) =>
    verify(hash.name, encoded(payload), key, Buffer.from(sig, "base64")),
  );
  if (!byKey) return "its signature is by another key, or what was signed has changed";
  const about = statement.safeParse(JSON.parse(payload.toString()));
  const names = about.success && about.data.subject.some((one) => `sha256:${one.digest.sha256}` === digest);
  return names ? undefined : "its signature is about another image";
}
