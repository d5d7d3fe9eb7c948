import assert from "node:assert/strict";
import { generateKeyPairSync, verify, type KeyPairKeyObjectResult } from "node:crypto";
import { test } from "node:test";
import { provenance } from "../../releases/provenance.ts";
import { signatureProblem, signed } from "../../releases/signature.ts";
import { publicKey } from "../../stacks/signing-key.ts";

const [id, digest] = [`sha256:${"1a".repeat(32)}`, `sha256:${"2b".repeat(32)}`];
const statement = provenance(
  {
    release: "0a1b2c3d4e5f-a1b2c3",
    image: `registry.example.org/shop:0a1b2c3d4e5f@${digest}`,
    imageId: id,
    secrets: "x",
    migrations: [],
    breaking: [],
    at: "2026-11-27T10:00:00.000Z",
    by: "ci@runner",
    commit: "0123456789ab",
  },
  "staging",
);
const exported = ({ privateKey, publicKey }: KeyPairKeyObjectResult) => ({
  privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
});
const edwards = () => exported(generateKeyPairSync("ed25519"));
const pairs = {
  Ed25519: edwards(),
  "ECDSA on P-256": exported(generateKeyPairSync("ec", { namedCurve: "P-256" })),
};

for (const [kind, pair] of Object.entries(pairs)) {
  test(`a release that was signed with ${kind} is let in by its digest, and by no other's`, () => {
    const envelope = signed(statement, pair.privateKey);
    assert.equal(signatureProblem(envelope, pair.publicKey, digest), undefined);
    assert.equal(signatureProblem(envelope, pair.publicKey, id), undefined);
    const another = `sha256:${"3c".repeat(32)}`;
    assert.match(signatureProblem(envelope, pair.publicKey, another) ?? "", /about another image/);
    assert.match(signatureProblem(envelope, edwards().publicKey, digest) ?? "", /by another key/);
  });
}

test("what was changed after it was signed is refused, and so is what is no signature", () => {
  const { privateKey, publicKey: by } = pairs.Ed25519;
  const envelope = JSON.parse(signed(statement, privateKey)) as { payload: string };
  const forged = Buffer.from(envelope.payload, "base64").toString().replaceAll("2b2b", "3c3c");
  const text = JSON.stringify({ ...envelope, payload: Buffer.from(forged).toString("base64") });
  assert.match(signatureProblem(text, by, `sha256:${"3c".repeat(32)}`) ?? "", /has changed/);
  assert.match(signatureProblem("{}", by, digest) ?? "", /cannot be read/);
  assert.match(signatureProblem(JSON.stringify(envelope), "no key", digest) ?? "", /no public key/);
});

test("a signature is over the words of DSSE, so that other tools can check it", () => {
  const { privateKey, publicKey: by } = pairs.Ed25519;
  const { payload, signatures } = JSON.parse(signed(statement, privateKey)) as {
    payload: string;
    signatures: { sig: string }[];
  };
  const body = Buffer.from(payload, "base64").toString();
  const words = `DSSEv1 28 application/vnd.in-toto+json ${Buffer.byteLength(body)} ${body}`;
  const sig = Buffer.from(signatures[0]?.sig ?? "", "base64");
  assert.ok(verify(null, Buffer.from(words), by, sig));
});

test("other kinds of keys, private ones in the place of public ones, and plain words are no keys", () => {
  const rsa = exported(generateKeyPairSync("rsa", { modulusLength: 2048 }));
  assert.throws(() => signed(statement, rsa.privateKey), /another kind of key/);
  for (const wrong of [rsa.publicKey, pairs.Ed25519.privateKey, "words"])
    assert.equal(publicKey(wrong), undefined);
});
