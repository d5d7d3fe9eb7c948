import type { AuditLog, AuditOrigin } from "../audit/audit-log.ts";
import { defineProblem } from "../problems/define-problem.ts";
import type { Person } from "../sessions/session.ts";
import type { Visitor } from "../sessions/visitor.ts";
import type { AccountStore, UserRow } from "./account-store.ts";
import { verifyPassword } from "./password.ts";
import type { Throttle } from "./throttle.ts";

export const wrongCredentials = defineProblem(
  401,
  "wrong-credentials",
  "E-mail address, password or code is wrong",
);
export const secondFactorRequired = defineProblem(401, "second-factor-required", "A second factor is needed");
export const codeExpired = defineProblem(410, "code-expired", "This link is no longer good");

/** Where a call comes from. */
export interface Caller extends AuditOrigin {
  /** What limits count as one client: its address, or the /64 of it. */
  readonly network: string;
  readonly userAgent: string;
  readonly visitor: Visitor;
}

const budget = { attempts: 10, seconds: 15 * 60 };

/** Asks for the password again. */
export interface Credentials {
  /** The user, when this is their password. @throws wrong-credentials, too-many-requests */
  confirm(person: Person, password: string, caller: AuditOrigin): Promise<UserRow>;
}

/**
 * Asks for the password again before something that must not happen through a forgotten open
 * browser.
 */
export function createCredentials(accounts: AccountStore, throttle: Throttle, audit: AuditLog): Credentials {
  return {
    async confirm(person: Person, password: string, caller: AuditOrigin): Promise<UserRow> {
      const key = `confirm ${person.id}`;
      await throttle.spend(key, budget);
      const user = await accounts.find(person.id);
      if (!user || !(await verifyPassword(user.password_hash, password))) {
        await audit({ event: "reauthentication-failed", actorId: person.id, subject: person.email }, caller);
        throw wrongCredentials("The current password is wrong.");
      }
      await throttle.clear(key);
      return user;
    },
  };
}
