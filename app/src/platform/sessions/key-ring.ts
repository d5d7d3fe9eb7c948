import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * Signs with the first key, verifies with all: a new key can be put in front while old signatures
 * stay good.
 */
export interface KeyRing {
  /**
   * MAC of `text` for one `purpose`, so that what was signed for one is worth nothing for another.
   */
  sign(purpose: string, text: string): string;
  verify(purpose: string, text: string, mac: string): boolean;
}

function macOf(key: string, purpose: string, text: string): Buffer {
  return createHmac("sha256", key).update(`${purpose}\0${text}`).digest();
}

/** A key of the ring. */
export interface RingKey {
  readonly key: string;
  /** When it stops verifying, in milliseconds of the epoch; never if unset. */
  readonly until?: number;
}

/** Makes the ring from the keys of SESSION_KEYS_FILE, newest first. */
export function createKeyRing(keys: readonly RingKey[]): KeyRing {
  const [first] = keys;
  if (first === undefined) throw new Error("The key ring is empty: SESSION_KEYS_FILE needs a key.");
  return {
    sign: (purpose, text) => macOf(first.key, purpose, text).toString("base64url"),
    verify: (purpose, text, mac) => {
      const given = Buffer.from(mac, "base64url");
      // All keys are tried whatever the outcome, so that the time tells nothing about which one
      // fits.
      const matches = keys.map(({ key, until = Infinity }) => {
        const expected = macOf(key, purpose, text);
        const fits = given.length === expected.length && timingSafeEqual(given, expected);
        return fits && Date.now() < until;
      });
      return matches.includes(true);
    },
  };
}
