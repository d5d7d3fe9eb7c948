import type { FieldProblem } from "../problems/define-problem.ts";
import { invalidInput } from "../problems/problems.ts";
import { type Asker, createLimiter } from "./limiter.ts";

/** OWASP's minimum for argon2id: 19 MiB, 2 passes, 1 lane. `algorithm` 2 is argon2id. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1, algorithm: 2 } as const;

/** ASVS 5.0, 6.2.1 and 6.2.9: at least 8, and at least 64 must be possible. */
const shortestPassword = 8;
export const longestPassword = 128;

/** Loaded by the first password: most processes never see one. */
const argon2 = () => import("@node-rs/argon2");

/**
 * Hashes of this process: two at once leave two of libuv's four threads to files and names; the
 * rest waits a second.
 */
const limited = createLimiter({ running: 2, waiting: 32 });

/**
 * Hashes a password; about 30 ms and 19 MiB.
 *
 * @throws unavailable when too many wait already.
 */
export async function hashPassword(password: string): Promise<string> {
  const { hash } = await argon2();
  return limited(() => hash(password.normalize("NFKC"), cost));
}

/** A hash that no password fits: checking against it takes as long as checking a real one. */
let nobody: Promise<string> | undefined;

async function hashOfNobody(): Promise<string> {
  nobody ??= argon2().then(({ hash }) => hash(crypto.randomUUID(), cost));
  return nobody;
}

/**
 * Checks a password against a hash, or against nothing in the same time.
 *
 * @param asker whether the browser has signed in to the account before
 * @throws unavailable when too many wait already.
 */
export async function verifyPassword(
  passwordHash: string | undefined,
  password: string,
  asker: Asker = "stranger",
): Promise<boolean> {
  const { verify } = await argon2();
  const against = passwordHash ?? (await hashOfNobody());
  const matches = await limited(() => verify(against, password.normalize("NFKC")), asker);
  return passwordHash !== undefined && matches;
}

let common: Promise<ReadonlySet<string>> | undefined;

/**
 * The passwords people choose most, of 8 characters or more: some 18,000 (ASVS 5.0, 6.2.4 asks for
 * 3,000).
 */
async function commonPasswords(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  return new Set(dictionary["passwords-common"].filter((password) => password.length >= shortestPassword));
}

/**
 * Why a new password is refused; `undefined` when it is good. Any characters are welcome.
 *
 * @param email the password must not be this address or the part before its @.
 */
export async function passwordProblem(
  password: string,
  email: string,
  field = "password",
): Promise<FieldProblem | undefined> {
  const problem = (message: string): FieldProblem => ({ in: "body", field, message });
  const length = Array.from(password).length;
  if (length < shortestPassword) return problem(`Use at least ${shortestPassword} characters.`);
  if (length > longestPassword) return problem(`Use at most ${longestPassword} characters.`);
  const plain = password.toLowerCase();
  common ??= commonPasswords();
  if ((await common).has(plain))
    return problem("This is among the passwords that are guessed first. Choose another.");
  if ([email, email.split("@")[0]].includes(plain)) return problem("Do not use your e-mail address.");
  return undefined;
}

/**
 * Lets a good new password through.
 *
 * @throws invalid-input with why it is refused.
 */
export async function requireGoodPassword(password: string, email: string): Promise<void> {
  const problem = await passwordProblem(password, email);
  if (problem) throw invalidInput(problem.message, { errors: [problem] });
}
