import { randomBytes } from "node:crypto";
import type { AuditLog } from "../audit/audit-log.ts";
import { conflict } from "../problems/problems.ts";
import type { Session } from "../sessions/session.ts";
import type { AccountStore, UserRow } from "./account-store.ts";
import { type Caller, type Credentials, wrongCredentials } from "./credentials.ts";
import type { Throttle } from "./throttle.ts";
import { matchTotp, newTotpSecret, toBase32 } from "./totp.ts";

interface SecondFactorDeps {
  readonly accounts: AccountStore;
  readonly credentials: Credentials;
  readonly throttle: Throttle;
  readonly audit: AuditLog;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const budget = { attempts: 10, seconds: 15 * 60 };
const recoveryCodeCount = 10;
/** 120 bits: ASVS 5.0, 6.5.2 asks for 112 if a plain hash keeps them. */
const recoveryCodeBytes = 15;

/**
 * The second factor of accounts. Where a password is asked for, it throws wrong-credentials and
 * too-many-requests.
 */
export interface SecondFactor {
  /**
   * Checks a code of the authenticator app or a recovery code, and uses it up.
   *
   * @throws wrong-credentials, too-many-requests
   */
  check(user: UserRow, code: string, caller: Caller): Promise<void>;
  /**
   * Begins a second factor: a new secret that counts once a code has confirmed it. @throws conflict
   * when it is on
   */
  begin(session: Session, password: string, caller: Caller): Promise<{ secret: string; email: string }>;
  /** The secret that waits for its first code. */
  pending(session: Session): Promise<string | undefined>;
  /**
   * Turns the second factor on and returns the recovery codes, for the only time.
   *
   * @throws conflict before `begin`, wrong-credentials, too-many-requests
   */
  confirm(session: Session, code: string, caller: Caller): Promise<readonly string[]>;
  /** Turns the second factor off; its recovery codes are gone. */
  end(session: Session, password: string, caller: Caller): Promise<void>;
  /** Replaces the recovery codes. @throws conflict when the second factor is off */
  renewRecoveryCodes(session: Session, password: string, caller: Caller): Promise<readonly string[]>;
}

/** TOTP as the second factor, and recovery codes for a lost device. */
export function createSecondFactor({
  accounts,
  credentials,
  throttle,
  audit,
  now,
}: SecondFactorDeps): SecondFactor {
  const renew = async (userId: number): Promise<readonly string[]> => {
    const codes = Array.from({ length: recoveryCodeCount }, () => toBase32(randomBytes(recoveryCodeBytes)));
    await accounts.replaceRecoveryCodes(userId, codes);
    return codes.map((code) => code.replaceAll(/(.{4})(?=.)/g, "$1-"));
  };

  const isGood = async (user: UserRow, code: string, caller: Caller): Promise<boolean> => {
    const plain = code.replaceAll(/[\s-]/g, "").toUpperCase();
    if (/^\d{6}$/.test(plain)) {
      const step = matchTotp(user.totp_secret ?? "", plain, user.totp_last_step, now());
      return step !== undefined && (await accounts.takeTotpStep(user.id, step));
    }
    const used = await accounts.takeRecoveryCode(user.id, plain);
    if (used) await audit({ event: "recovery-code-used", actorId: user.id, subject: user.email }, caller);
    return used;
  };

  return {
    async check(user: UserRow, code: string, caller: Caller): Promise<void> {
      // By browser, like the password: guesses from outside lock no one out.
      const key = `second factor ${user.id} ${caller.visitor.readDevice(user.id) ?? "unknown browser"}`;
      await throttle.spend(key, budget);
      if (!(await isGood(user, code, caller))) {
        await audit(
          { event: "login-failed", actorId: user.id, subject: user.email, details: { factor: 2 } },
          caller,
        );
        throw wrongCredentials("The code is wrong or was used already.");
      }
      await throttle.clear(key);
    },

    async begin(
      session: Session,
      password: string,
      caller: Caller,
    ): Promise<{ secret: string; email: string }> {
      const user = await credentials.confirm(session.person, password, caller);
      if (user.totp_confirmed_at) throw conflict("The second factor is on already: turn it off first.");
      const secret = newTotpSecret();
      await accounts.update(user.id, { totp_secret: secret, totp_last_step: 0 });
      return { secret, email: user.email };
    },

    async pending({ person }: Session): Promise<string | undefined> {
      const user = await accounts.find(person.id);
      return user?.totp_secret && !user.totp_confirmed_at ? user.totp_secret : undefined;
    },

    async confirm(session: Session, code: string, caller: Caller): Promise<readonly string[]> {
      const { person } = session;
      const key = `confirm second factor ${person.id}`;
      await throttle.spend(key, budget);
      const secret = await this.pending(session);
      if (secret === undefined) throw conflict("Begin the second factor first.");
      const step = matchTotp(secret, code.replaceAll(/\s/g, ""), 0, now());
      if (step === undefined || !(await accounts.takeTotpStep(person.id, step))) {
        await audit(
          {
            event: "reauthentication-failed",
            actorId: person.id,
            subject: person.email,
            details: { factor: 2 },
          },
          caller,
        );
        throw wrongCredentials("The code does not fit. Check the clock of your device.");
      }
      await accounts.update(person.id, { totp_confirmed_at: new Date(now()) });
      await throttle.clear(key);
      await audit({ event: "second-factor-on", actorId: person.id, subject: person.email }, caller);
      return renew(person.id);
    },

    async end(session: Session, password: string, caller: Caller): Promise<void> {
      const user = await credentials.confirm(session.person, password, caller);
      await accounts.update(user.id, { totp_secret: null, totp_confirmed_at: null, totp_last_step: 0 });
      await accounts.replaceRecoveryCodes(user.id, []);
      await audit({ event: "second-factor-off", actorId: user.id, subject: user.email }, caller);
    },

    async renewRecoveryCodes(session: Session, password: string, caller: Caller): Promise<readonly string[]> {
      const user = await credentials.confirm(session.person, password, caller);
      if (!user.totp_confirmed_at) throw conflict("Turn the second factor on first.");
      await audit({ event: "recovery-codes-renewed", actorId: user.id, subject: user.email }, caller);
      return renew(user.id);
    },
  };
}
