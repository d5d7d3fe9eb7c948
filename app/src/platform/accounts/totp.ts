import { HOTP, Secret, TOTP } from "otpauth";

/** RFC 6238 with the values that every authenticator app knows. */
const parameters = { algorithm: "SHA1", digits: 6 } as const;
const stepSeconds = 30;
/** Steps accepted before and after now: clocks differ, typing takes time. */
const tolerance = 1;

/** RFC 4648 base32 without padding. */
export function toBase32(bytes: Uint8Array): string {
  return new Secret({ buffer: Uint8Array.from(bytes).buffer }).base32;
}

/** A new secret of 160 bits, the length that RFC 4226 recommends, in base32. */
export function newTotpSecret(): string {
  return new Secret({ size: 20 }).base32;
}

/** The code of one 30 s step. */
export function totpCode(secret: string, step: number): string {
  return HOTP.generate({ ...parameters, secret: Secret.fromBase32(secret), counter: step });
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
  const counter = totpStep(now);
  const delta = HOTP.validate({
    ...parameters,
    token: code,
    secret: Secret.fromBase32(secret),
    counter,
    window: tolerance,
  });
  if (delta === null || counter + delta <= lastStep) return undefined;
  return counter + delta;
}

/** The address that an authenticator app reads from a QR code. */
export function totpAddress(secret: string, issuer: string, account: string): string {
  return new TOTP({ ...parameters, period: stepSeconds, secret, issuer, label: account }).toString();
}
