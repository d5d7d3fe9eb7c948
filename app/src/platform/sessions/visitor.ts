import { randomBytes } from "node:crypto";
import type { Request, Response } from "express";
import type { Cookies } from "./cookies.ts";
import type { KeyRing } from "./key-ring.ts";
import type { Session } from "./session.ts";
import type { RowLookup, SessionStore } from "./session-store.ts";

/** What a mailed link is for. */
export type LinkKind = "verify" | "reset" | "invitation";

/** That this browser has given the right password, and of which account. */
export interface Challenge {
  readonly userId: number;
  /** Whether the password is still the one that was given. */
  isPassword(passwordHash: string): boolean;
}

/** Who calls: their session if they have one, and the token that forms must bring back. */
export interface Visitor {
  readonly session: Session | undefined;
  /** What was looked up with the session. */
  readonly row: Readonly<Record<string, unknown>> | undefined;
  /**
   * Anti-CSRF token, bound to the session or to this anonymous browser. Sets a cookie if there is
   * none yet.
   */
  formToken(): string;
  /** Whether `token` is the one `formToken` gave. */
  isFormToken(token: string | undefined): boolean;
  /** Gives the browser a session; whatever it had before is gone from it. */
  signIn(token: string, seconds: number): void;
  signOut(): void;
  /**
   * Value that stays with the browser over sessions: recognises a device that has signed in before.
   */
  readDevice(userId: number): string | undefined;
  markDevice(userId: number): void;
  /**
   * Remembers for five minutes that this browser gave the right password of an account with a
   * second factor.
   */
  keepChallenge(user: { readonly id: number; readonly password_hash: string }, now: number): void;
  challenge(now: number): Challenge | undefined;
  /**
   * Keeps the token of a mailed link, so that it stands in no address that pages and logs repeat.
   */
  keepLink(kind: LinkKind, token: string): void;
  link(kind: LinkKind): string | undefined;
  forgetLink(kind: LinkKind): void;
}

const sessionCookie = "session";
const visitorCookie = "visitor";
const deviceCookie = "device";
const challengeCookie = "challenge";
/** What a challenge is bound to: with another password it is worth nothing. */
const passwordPurpose = "challenge password";
const challengeSeconds = 300;
/** As long as a code is good; an invitation, good for longer, is opened again. */
const linkSeconds = 600;
const deviceSeconds = 180 * 24 * 3600;

/** Makes visitors out of requests. A row that is wanted comes only together with a session. */
export function createVisitors(sessions: SessionStore, keys: KeyRing, cookies: Cookies) {
  const readSigned = (request: Request, name: string): string | undefined => {
    const [value, mac] = (cookies.read(request, name) ?? "").split(".");
    return value && mac && keys.verify(name, value, mac) ? value : undefined;
  };
  const writeSigned = (response: Response, name: string, value: string, seconds?: number) => {
    cookies.write(response, name, `${value}.${keys.sign(name, value)}`, seconds);
  };

  return async (request: Request, response: Response, lookup?: RowLookup): Promise<Visitor> => {
    const token = readSigned(request, sessionCookie);
    const found = token === undefined ? undefined : await sessions.find(token, lookup);
    const session = found?.session;
    // A cookie with a foreign signature belongs to another stack on the same host.
    if (token !== undefined && session === undefined) cookies.clear(response, sessionCookie);
    let visitor = readSigned(request, visitorCookie);
    const binding = () =>
      session ? `session ${session.id} ${token ?? ""}` : visitor && `visitor ${visitor}`;

    const deviceOf = (userId: number) => {
      const [owner, nonce] = (readSigned(request, deviceCookie) ?? "").split("~");
      return owner === String(userId) ? nonce : undefined;
    };

    return {
      session,
      row: found?.row,
      formToken() {
        if (!session && !visitor) {
          visitor = randomBytes(16).toString("base64url");
          writeSigned(response, visitorCookie, visitor);
        }
        return keys.sign("form", binding() ?? "");
      },
      isFormToken(given) {
        const bound = binding();
        return bound !== undefined && given !== undefined && keys.verify("form", bound, given);
      },
      signIn(newToken, seconds) {
        writeSigned(response, sessionCookie, newToken, seconds);
        cookies.clear(response, visitorCookie);
        cookies.clear(response, challengeCookie);
      },
      signOut() {
        cookies.clear(response, sessionCookie);
      },
      readDevice: deviceOf,
      markDevice(userId) {
        if (deviceOf(userId) !== undefined) return;
        writeSigned(
          response,
          deviceCookie,
          `${userId}~${randomBytes(12).toString("base64url")}`,
          deviceSeconds,
        );
      },
      keepLink(kind, token) {
        writeSigned(response, `${kind}-link`, token, linkSeconds);
      },
      link: (kind) => readSigned(request, `${kind}-link`),
      forgetLink(kind) {
        cookies.clear(response, `${kind}-link`);
      },
      keepChallenge({ id, password_hash: hash }, now) {
        const value = `${id}~${now + challengeSeconds * 1000}~${keys.sign(passwordPurpose, hash)}`;
        writeSigned(response, challengeCookie, value, challengeSeconds);
      },
      challenge(now) {
        const [owner, until, mark = ""] = (readSigned(request, challengeCookie) ?? "").split("~");
        if (!(Number(until) > now)) return undefined;
        return { userId: Number(owner), isPassword: (hash) => keys.verify(passwordPurpose, hash, mark) };
      },
    };
  };
}
