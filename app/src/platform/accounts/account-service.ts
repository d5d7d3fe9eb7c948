import type { AuditLog, AuditOrigin } from "../audit/audit-log.ts";
import type { FieldProblem } from "../problems/define-problem.ts";
import { invalidInput, notFound } from "../problems/problems.ts";
import { lifetimes, type SessionListing, type SessionStore } from "../sessions/session-store.ts";
import type { Session } from "../sessions/session.ts";
import type { AccountStore, UserRow } from "./account-store.ts";
import {
  type Caller,
  codeExpired,
  type Credentials,
  secondFactorRequired,
  wrongCredentials,
} from "./credentials.ts";
import { hashPassword, passwordProblem, verifyPassword } from "./password.ts";
import type { SecondFactor } from "./second-factor.ts";
import type { Throttle } from "./throttle.ts";

/** What the job behind a mail needs; the code itself is made when the mail is. */
export interface AccountMail {
  readonly purpose: "verify" | "reset";
  readonly email: string;
}

interface AccountDeps {
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly throttle: Throttle;
  readonly audit: AuditLog;
  /** Queues the mail. It is queued for unknown addresses too, so that both answers take the same time. */
  readonly queueMail: (mail: AccountMail) => Promise<void>;
  readonly credentials: Credentials;
  readonly secondFactor: SecondFactor;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const quarterHour = 15 * 60;
/** Guesses at one account from unknown browsers, and from each browser that has signed in to it before. */
const perAccount = { attempts: 10, seconds: quarterHour };
const perAddress = { attempts: 100, seconds: quarterHour };
const mailsPerAddressee = { attempts: 5, seconds: 3600 };

export type AccountService = ReturnType<typeof createAccountService>;

function refuse(problems: readonly (FieldProblem | undefined)[]): void {
  const errors = problems.filter((problem) => problem !== undefined);
  if (errors.length > 0) throw invalidInput(errors.map(({ message }) => message).join(" "), { errors });
}

/** Accounts and sessions, after ASVS 5.0 level 2. */
export function createAccountService(deps: AccountDeps) {
  const { accounts, sessions, throttle, audit, credentials, secondFactor } = deps;

  const openSession = async (user: UserRow, caller: Caller): Promise<void> => {
    const old = caller.visitor.session;
    if (old) await sessions.end(old.person.id, old.id);
    const token = await sessions.start(user.id, user.role, caller);
    caller.visitor.signIn(token, lifetimes[user.role].absolute);
    caller.visitor.markDevice(user.id);
    await audit({ event: "login", actorId: user.id, subject: user.email }, caller);
  };

  const requestMail = async (mail: AccountMail, caller: AuditOrigin): Promise<void> => {
    await throttle.spend([`mail address ${caller.address}`], perAddress);
    await throttle.spend([`mail ${mail.email.toLowerCase()}`], mailsPerAddressee);
    await deps.queueMail(mail);
  };

  return {
    /** Starts a registration: whether the address is new, the mail tells, not the answer. */
    async register(input: { email: string; name: string; password: string }, caller: Caller): Promise<void> {
      refuse([await passwordProblem(input.password, input.email.toLowerCase())]);
      const passwordHash = await hashPassword(input.password);
      await requestMail({ purpose: "verify", email: input.email }, caller);
      await accounts.saveRegistration(input.email, input.name, passwordHash);
      await audit({ event: "register", subject: input.email }, caller);
    },

    /**
     * Ends a registration with the mailed code and the password chosen at its start, and signs in. The password is
     * asked for again so that nobody activates an account that somebody else began in their name.
     */
    async verify(input: { token: string; password: string }, caller: Caller): Promise<void> {
      await throttle.spend([`verify address ${caller.address}`], perAddress);
      const email = await accounts.codeOwner("verify", input.token);
      const registration = email === undefined ? undefined : await accounts.findRegistration(email);
      if (email === undefined || !registration) throw codeExpired("Register again to get a new link.");
      if (!(await verifyPassword(registration.password_hash, input.password))) {
        throw wrongCredentials("This is not the password you registered with.");
      }
      if (!(await accounts.takeCode("verify", input.token)))
        throw codeExpired("The link was used already: sign in.");
      const user = await accounts.save({
        email,
        name: registration.name,
        passwordHash: registration.password_hash,
        role: "user",
      });
      await accounts.deleteRegistration(email);
      await audit({ event: "verify-email", actorId: user.id, subject: email }, caller);
      await openSession(user, caller);
    },

    /**
     * Signs in. Guesses at an account are counted apart for browsers that have signed in to it before, so whoever
     * guesses from outside locks nobody out.
     *
     * @throws wrong-credentials the same for unknown, disabled and mistaken; second-factor-required after the right
     * password; too-many-requests.
     */
    async login(
      input: { email: string; password: string; code?: string | undefined },
      caller: Caller,
    ): Promise<void> {
      const user = await accounts.findByEmail(input.email);
      const device = user ? caller.visitor.readDevice(user.id) : undefined;
      const account = `login ${input.email.toLowerCase()} ${device ?? "unknown browser"}`;
      try {
        await throttle.spend([`login address ${caller.address}`], perAddress);
        await throttle.spend([account], perAccount);
      } catch (error) {
        await audit({ event: "login-throttled", subject: input.email }, caller);
        throw error;
      }
      const right = await verifyPassword(user?.password_hash, input.password);
      if (!user || !right || user.disabled_at) {
        await audit({ event: "login-failed", subject: input.email }, caller);
        throw wrongCredentials("Check the e-mail address and the password.");
      }
      await throttle.clear([account]);
      if (user.totp_confirmed_at) {
        caller.visitor.keepChallenge(user.id, deps.now());
        if (input.code === undefined) throw secondFactorRequired("Give the code of your authenticator app.");
        await secondFactor.check(user, input.code, caller);
      }
      await openSession(user, caller);
    },

    /** The second step of signing in, within five minutes of the right password in the same browser. */
    async loginWithCode(code: string, caller: Caller): Promise<void> {
      const userId = caller.visitor.challenge(deps.now());
      const user = userId === undefined ? undefined : await accounts.find(userId);
      if (!user?.totp_confirmed_at || user.disabled_at) throw codeExpired("Start again with your password.");
      await secondFactor.check(user, code, caller);
      await openSession(user, caller);
    },

    async logout(session: Session, caller: Caller): Promise<void> {
      await sessions.end(session.person.id, session.id);
      caller.visitor.signOut();
      await audit({ event: "logout", actorId: session.person.id, subject: session.person.email }, caller);
    },

    /** Ends every session of the person, this one included. */
    async logoutEverywhere({ person }: Session, caller: Caller): Promise<void> {
      const count = await sessions.endAll(person.id);
      caller.visitor.signOut();
      await audit(
        { event: "sessions-ended", actorId: person.id, subject: person.email, details: { count } },
        caller,
      );
    },

    async listSessions({ person }: Session): Promise<readonly SessionListing[]> {
      return sessions.listOf(person.id);
    },

    /** @throws not-found also for somebody else's session. */
    async endSession({ person }: Session, id: number, caller: Caller): Promise<void> {
      if (!(await sessions.end(person.id, id))) throw notFound("You have no such session.");
      await audit({ event: "session-ended", actorId: person.id, subject: person.email }, caller);
    },

    /** Changes the password and ends the person's other sessions. */
    async changePassword(
      session: Session,
      input: { current: string; password: string },
      caller: Caller,
    ): Promise<void> {
      const user = await credentials.confirm(session.person, input.current);
      refuse([await passwordProblem(input.password, user.email)]);
      await accounts.update(user.id, { password_hash: await hashPassword(input.password) });
      await sessions.endAll(user.id, session.id);
      await audit({ event: "password-changed", actorId: user.id, subject: user.email }, caller);
    },

    /** Mails a link to set a new password, if the address has an account; the answer does not tell. */
    async requestReset(email: string, caller: Caller): Promise<void> {
      await requestMail({ purpose: "reset", email }, caller);
    },

    /** Sets a new password with a mailed code and ends all sessions. A second factor stays on. */
    async reset(input: { token: string; password: string }, caller: Caller): Promise<void> {
      await throttle.spend([`reset address ${caller.address}`], perAddress);
      const email = await accounts.codeOwner("reset", input.token);
      const user = email === undefined ? undefined : await accounts.findByEmail(email);
      if (!user) throw codeExpired("Ask for a new link.");
      refuse([await passwordProblem(input.password, user.email)]);
      const passwordHash = await hashPassword(input.password);
      if (!(await accounts.takeCode("reset", input.token)))
        throw codeExpired("The link was used already: ask for a new one.");
      await accounts.update(user.id, { password_hash: passwordHash });
      await sessions.endAll(user.id);
      await audit({ event: "password-reset", actorId: user.id, subject: user.email }, caller);
    },
  };
}
