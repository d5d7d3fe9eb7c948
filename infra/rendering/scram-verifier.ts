import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

const iterations = 4096; // Postgres's own default, scram_iterations.

/**
 * The form in which Postgres stores a password (RFC 5802, RFC 7677), so that the password itself is
 * in no statement that the server could log. The salt follows from role and password: the same
 * input gives the same text, and a rerun changes nothing.
 * @param password ASCII only, which needs no SASLprep
 */
export function scramVerifier(role: string, password: string): string {
  const salt = createHash("sha256").update(`berth ${role} ${password}`).digest().subarray(0, 16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const hmac = (key: string) => createHmac("sha256", salted).update(key).digest();
  const stored = createHash("sha256").update(hmac("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${stored}:${hmac("Server Key").toString("base64")}`;
}
