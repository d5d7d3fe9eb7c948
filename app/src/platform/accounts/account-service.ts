import type { SessionListing } from "../sessions/session-store.ts";
import type { Session } from "../sessions/session.ts";
import type { Caller } from "./credentials.ts";
import type { RegistrationPolicy } from "./invitation-service.ts";

/** What the job behind a mail needs; the code itself is made when the mail is. */
export interface AccountMail {
  readonly purpose: "verify" | "reset";
  readonly email: string;
}

/** Accounts and sessions as routes use them. Every use is told to the audit log. */
export interface AccountService {
  /** How people get accounts. */
  readonly registration: RegistrationPolicy;
  /** What a visitor may ask for by themselves. */
  readonly offers: { readonly registration: boolean; readonly reset: boolean };
  /** @throws registration-closed, invitation-needed, unavailable where no mail can be sent. */
  requireRegistration(): void;
  /** @throws unavailable where no mail can be sent. */
  requireMail(): void;
  /** Starts a registration: whether the address is new, the mail tells, not the answer. */
  register(input: { email: string; name: string; password: string }, caller: Caller): Promise<void>;
  /**
   * Ends a registration with the mailed code and the password chosen at its start, and signs in.
   * The password is asked for again so that a person cannot activate an account that another one
   * began in their name. An account that the address has got since stays as it is.
   */
  verify(input: { token: string; password: string }, caller: Caller): Promise<void>;
  /**
   * Signs in. Guesses at an account are counted apart for browsers that have signed in to it
   * before, so guesses from outside lock no one out. Only failures count in the end.
   *
   * @throws wrong-credentials the same for unknown, disabled and mistaken; second-factor-required
   * after the right password; too-many-requests; unavailable when too many sign in at once.
   */
  login(input: { email: string; password: string; code?: string | undefined }, caller: Caller): Promise<void>;
  /**
   * The second step of signing in, within five minutes of the right password in the same browser.
   */
  loginWithCode(code: string, caller: Caller): Promise<void>;
  /** Ends the session. */
  logout(session: Session, caller: Caller): Promise<void>;
  /** Ends every session of the person, this one included. */
  logoutEverywhere(session: Session, caller: Caller): Promise<void>;
  /** The person's open sessions, newest first. */
  listSessions(session: Session): Promise<readonly SessionListing[]>;
  /** Ends one session of the person. @throws not-found also for another person's session. */
  endSession(session: Session, id: number, caller: Caller): Promise<void>;
  /** Changes the password and ends the person's other sessions. */
  changePassword(
    session: Session,
    input: { current: string; password: string },
    caller: Caller,
  ): Promise<void>;
  /**
   * Mails a link to set a new password, if the address has an account; the answer does not tell.
   */
  requestReset(email: string, caller: Caller): Promise<void>;
  /** Sets a new password with a mailed code and ends all sessions. A second factor stays on. */
  reset(input: { token: string; password: string }, caller: Caller): Promise<void>;
}
