import { createPublicKey, type KeyObject } from "node:crypto";

/** Kinds of keys that releases are signed with, for messages. */
export const signingKeys = "Ed25519, or ECDSA on P-256";

/** The hash that a kind of key wants; Ed25519 has its own. Undefined for other kinds. */
export function hashFor(key: KeyObject): { readonly name: "sha256" | null } | undefined {
  if (key.asymmetricKeyType === "ed25519") return { name: null };
  const isP256 = key.asymmetricKeyDetails?.namedCurve === "prime256v1";
  return key.asymmetricKeyType === "ec" && isP256 ? { name: "sha256" } : undefined;
}

/** @returns undefined for what is no public key that signatures can be checked with */
export function publicKey(pem: string): KeyObject | undefined {
  // Node would take the public part of a private key.
  if (pem.includes("PRIVATE KEY")) return undefined;
  try {
    const key = createPublicKey(pem);
    return hashFor(key) === undefined ? undefined : key;
  } catch {
    return undefined;
  }
}
