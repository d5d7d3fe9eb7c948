import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** RFC 6238 with the values every authenticator app knows: SHA-1, 30 s, 6 digits. */
const stepSeconds = 30;
const digits = 6;
/** Steps accepted before and after now: clocks differ, typing takes time. */
const tolerance = 1;

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** RFC 4648 base32 without padding. */
export function toBase32(bytes: Uint8Array): string {
  let text = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(held >>> (bits - 5)) & 31] ?? "";
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + (alphabet[(held << (5 - bits)) & 31] ?? "") : text;
}

function fromBase32(text: string): Buffer {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const character of text) {
    held = (held << 5) | alphabet.indexOf(character);
    bits += 5;
    if (bits >= 8) bytes.push((held >>> (bits -= 8)) & 255);
    held &= (1 << bits) - 1;
  }
  return Buffer.from(bytes);
}

/** A new secret of 160 bits, the length RFC 4226 recommends, in base32. */
export function newTotpSecret(): string {
  return toBase32(randomBytes(20));
}

/** The code of one 30 s step. */
export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", fromBase32(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  const number = (mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** digits;
  return String(number).padStart(digits, "0");
}

/** The step that `milliseconds` since 1970 falls into. */
export function totpStep(milliseconds: number): number {
  return Math.floor(milliseconds / 1000 / stepSeconds);
}

/**
 * Finds the step whose code was given.
 *
 * @param lastStep the step used last: a code works once, so it and earlier ones are refused.
 * @returns the step to remember, or `undefined` when the code is wrong, old or used.
 */
export function matchTotp(secret: string, code: string, lastStep: number, now: number): number | undefined {
  const current = totpStep(now);
  let match: number | undefined;
  for (let step = current - tolerance; step <= current + tolerance; step += 1) {
    const expected = Buffer.from(totpCode(secret, step));
    const given = Buffer.from(code);
    if (given.length === expected.length && timingSafeEqual(given, expected) && step > lastStep) match = step;
  }
  return match;
}

/** The address an authenticator app reads from a QR code. */
export function totpAddress(secret: string, issuer: string, account: string): string {
  const label = encodeURIComponent(`${issuer}:${account}`);
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}`;
}
