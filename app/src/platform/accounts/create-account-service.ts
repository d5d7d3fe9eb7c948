import type { AuditLog } from "../audit/audit-log.ts";
import type { Database } from "../database/open-database.ts";
import { defineProblem } from "../problems/define-problem.ts";
import { notFound, unavailable } from "../problems/problems.ts";
import type { SessionStore } from "../sessions/session-store.ts";
import type { Session } from "../sessions/session.ts";
import type { AccountMail, AccountService } from "./account-service.ts";
import type { AccountStore } from "./account-store.ts";
import {
  type Caller,
  codeExpired,
  type Credentials,
  secondFactorRequired,
  wrongCredentials,
} from "./credentials.ts";
import { registrationClosed, type RegistrationPolicy } from "./invitation-service.ts";
import type { Asker } from "./limiter.ts";
import type { OpenSession } from "./open-session.ts";
import { hashPassword, requireGoodPassword, verifyPassword } from "./password.ts";
import type { SecondFactor } from "./second-factor.ts";
import type { Throttle } from "./throttle.ts";

interface AccountDeps {
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly throttle: Throttle;
  readonly audit: AuditLog;
  readonly database: Database;
  /**
   * Queues the mail. It is queued for unknown addresses too, so that both answers take the same
   * time.
   */
  readonly queueMail: (mail: AccountMail, transaction?: Database) => Promise<void>;
  /** Await it before a transaction that queues. */
  readonly queueReady: () => Promise<void>;
  /** Whether mail reaches anybody. */
  readonly canSendMail: boolean;
  readonly registration: RegistrationPolicy;
  readonly openSession: OpenSession;
  readonly credentials: Credentials;
  readonly secondFactor: SecondFactor;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const quarterHour = 15 * 60;
/**
 * Guesses at one account from unknown browsers, and from each browser that has signed in to it
 * before.
 */
const perAccount = { attempts: 10, seconds: quarterHour };
const perAddress = { attempts: 100, seconds: quarterHour };
const mailsPerAddressee = { attempts: 5, seconds: 3600 };

const invitationNeeded = defineProblem(403, "invitation-needed", "Registration needs an invitation");

const noMail = () =>
  unavailable("This site sends no e-mail, so it cannot send you a link. Ask whoever runs it.");

/** Accounts and sessions, after ASVS 5.0 level 2. */
export function createAccountService(deps: AccountDeps): AccountService {
  const { accounts, sessions, throttle, audit, credentials, secondFactor, openSession } = deps;

  const spendMail = async (email: string, caller: Caller): Promise<void> => {
    const refused = () => audit({ event: "mail-throttled", subject: email }, caller);
    await throttle.spend(`mail from ${caller.network}`, perAddress, refused);
    await throttle.spend(`mail to ${email}`, mailsPerAddressee, refused);
  };

  /**
   * Whether a password fits. A password that was not checked for lack of capacity is no attempt.
   */
  const fits = async (hash: string | undefined, password: string, keys: readonly string[], asker?: Asker) => {
    try {
      return await verifyPassword(hash, password, asker);
    } catch (error) {
      for (const key of keys) await throttle.giveBack(key);
      throw error;
    }
  };

  return {
    registration: deps.registration,
    offers: {
      registration: deps.canSendMail && deps.registration === "open",
      reset: deps.canSendMail,
    },

    requireRegistration(): void {
      if (deps.registration === "closed") throw registrationClosed("Ask an administrator for an account.");
      if (deps.registration === "invited")
        throw invitationNeeded(
          "Ask an administrator to invite your address, and open the link of the invitation.",
        );
      if (!deps.canSendMail) throw noMail();
    },

    requireMail(): void {
      if (!deps.canSendMail) throw noMail();
    },

    async register(input: { email: string; name: string; password: string }, caller: Caller): Promise<void> {
      this.requireRegistration();
      const { email, name } = input;
      await requireGoodPassword(input.password, email);
      await spendMail(email, caller);
      const passwordHash = await hashPassword(input.password);
      await deps.queueReady();
      // Neither without the other: a worker may take the mail the moment it is there.
      await deps.database.transaction(async (transaction) => {
        await accounts.saveRegistration(transaction, { email, name, passwordHash });
        await deps.queueMail({ purpose: "verify", email }, transaction);
      });
      await audit({ event: "register", subject: email }, caller);
    },

    async verify(input: { token: string; password: string }, caller: Caller): Promise<void> {
      const key = `verify from ${caller.network}`;
      await throttle.spend(key, perAddress);
      const email = await accounts.codeOwner("verify", input.token);
      const registration = email === undefined ? undefined : await accounts.findRegistration(email);
      if (email === undefined || !registration) throw codeExpired("Register again to get a new link.");
      if (!(await fits(registration.password_hash, input.password, [key]))) {
        throw wrongCredentials("This is not the password you registered with.");
      }
      if (!(await accounts.takeCode("verify", input.token)))
        throw codeExpired("The link was used already: sign in.");
      const user = await accounts.insert({
        email,
        name: registration.name,
        passwordHash: registration.password_hash,
        role: "user",
      });
      await accounts.deleteRegistration(email);
      if (!user) throw codeExpired("The address has an account by now: sign in.");
      await throttle.giveBack(key);
      await audit({ event: "verify-email", actorId: user.id, subject: email }, caller);
      await openSession(user, caller);
    },

    async login(
      input: { email: string; password: string; code?: string | undefined },
      caller: Caller,
    ): Promise<void> {
      const { email } = input;
      const refused = () => audit({ event: "login-throttled", subject: email }, caller);
      const network = `login from ${caller.network}`;
      await throttle.spend(network, perAddress, refused);
      const user = await accounts.findByEmail(email);
      const browser = user && caller.visitor.readDevice(user.id);
      const account = `login ${user ? `user ${user.id}` : `email ${email}`} ${browser ?? "unknown browser"}`;
      await throttle.spend(account, perAccount, refused);
      const right = await fits(
        user?.password_hash,
        input.password,
        [network, account],
        browser === undefined ? "stranger" : "known",
      );
      if (!user || !right || user.disabled_at) {
        await audit({ event: "login-failed", subject: email }, caller);
        throw wrongCredentials("Check the e-mail address and the password.");
      }
      await throttle.giveBack(network);
      await throttle.clear(account);
      if (user.totp_confirmed_at) {
        caller.visitor.keepChallenge(user, deps.now());
        if (input.code === undefined) throw secondFactorRequired("Give the code of your authenticator app.");
        await secondFactor.check(user, input.code, caller);
      }
      await openSession(user, caller);
    },

    async loginWithCode(code: string, caller: Caller): Promise<void> {
      const challenge = caller.visitor.challenge(deps.now());
      const user = challenge && (await accounts.find(challenge.userId));
      if (!user?.totp_confirmed_at || user.disabled_at || !challenge?.isPassword(user.password_hash)) {
        throw codeExpired("Start again with your password.");
      }
      await secondFactor.check(user, code, caller);
      await openSession(user, caller);
    },

    async logout(session: Session, caller: Caller): Promise<void> {
      await sessions.end(session.person.id, session.id);
      caller.visitor.signOut();
      await audit({ event: "logout", actorId: session.person.id, subject: session.person.email }, caller);
    },

    async logoutEverywhere({ person }: Session, caller: Caller): Promise<void> {
      const count = await sessions.endAll(person.id);
      caller.visitor.signOut();
      await audit(
        { event: "sessions-ended", actorId: person.id, subject: person.email, details: { count } },
        caller,
      );
    },

    async listSessions({ person }) {
      return sessions.listOf(person.id);
    },

    async endSession({ person }: Session, id: number, caller: Caller): Promise<void> {
      if (!(await sessions.end(person.id, id))) throw notFound("You have no such session.");
      await audit({ event: "session-ended", actorId: person.id, subject: person.email }, caller);
    },

    async changePassword(
      session: Session,
      input: { current: string; password: string },
      caller: Caller,
    ): Promise<void> {
      const user = await credentials.confirm(session.person, input.current, caller);
      await requireGoodPassword(input.password, user.email);
      await accounts.setPassword(user.id, await hashPassword(input.password), session.id);
      await audit({ event: "password-changed", actorId: user.id, subject: user.email }, caller);
    },

    async requestReset(email: string, caller: Caller): Promise<void> {
      this.requireMail();
      await spendMail(email, caller);
      await deps.queueMail({ purpose: "reset", email });
    },

    async reset(input: { token: string; password: string }, caller: Caller): Promise<void> {
      const key = `reset from ${caller.network}`;
      await throttle.spend(key, perAddress);
      const email = await accounts.codeOwner("reset", input.token);
      const user = email === undefined ? undefined : await accounts.findByEmail(email);
      if (!user) throw codeExpired("Ask for a new link.");
      await requireGoodPassword(input.password, user.email);
      const passwordHash = await hashPassword(input.password);
      if (!(await accounts.takeCode("reset", input.token)))
        throw codeExpired("The link was used already: ask for a new one.");
      await accounts.setPassword(user.id, passwordHash);
      await throttle.giveBack(key);
      await audit({ event: "password-reset", actorId: user.id, subject: user.email }, caller);
    },
  };
}
