import assert from "node:assert/strict";
import { test } from "node:test";
import { matchTotp, toBase32, totpAddress, totpCode, totpStep } from "./totp.ts";

/** The shared secret of RFC 6238, appendix B: the ASCII text 12345678901234567890. */
const secret = toBase32(Buffer.from("12345678901234567890"));

test("codes are those of RFC 6238, appendix B, cut to six digits", () => {
  const vectors = [
    [59, "287082"],
    [1111111109, "081804"],
    [1111111111, "050471"],
    [1234567890, "005924"],
    [2000000000, "279037"],
    [20000000000, "353130"],
  ] as const;
  for (const [seconds, code] of vectors) assert.equal(totpCode(secret, totpStep(seconds * 1000)), code);
});

test("base32 is that of RFC 4648", () => {
  const vectors = [
    ["f", "MY"],
    ["fo", "MZXQ"],
    ["foo", "MZXW6"],
    ["foob", "MZXW6YQ"],
    ["fooba", "MZXW6YTB"],
    ["foobar", "MZXW6YTBOI"],
  ] as const;
  for (const [text, encoded] of vectors) assert.equal(toBase32(Buffer.from(text)), encoded);
});

test("a code is good one step before and after its own, and never at or before the last one used", () => {
  const now = 1_700_000_000_000;
  const step = totpStep(now);
  assert.equal(matchTotp(secret, totpCode(secret, step - 1), 0, now), step - 1);
  assert.equal(matchTotp(secret, totpCode(secret, step + 1), 0, now), step + 1);
  assert.equal(matchTotp(secret, totpCode(secret, step - 2), 0, now), undefined);
  assert.equal(matchTotp(secret, totpCode(secret, step), step, now), undefined);
  assert.equal(matchTotp(secret, "", 0, now), undefined);
});

test("the address for authenticator apps names issuer, account and secret", () => {
  const address = new URL(totpAddress(secret, "my stack", "a@b.test"));
  assert.equal(`${address.protocol}//${address.host}`, "otpauth://totp");
  assert.equal(decodeURIComponent(address.pathname), "/my stack:a@b.test");
  assert.equal(address.searchParams.get("secret"), secret);
  assert.equal(address.searchParams.get("issuer"), "my stack");
});
