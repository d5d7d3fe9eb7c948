import type { AuditLog, AuditOrigin } from "../audit/audit-log.ts";
import type { Database } from "../database/open-database.ts";
import { defineProblem } from "../problems/define-problem.ts";
import { conflict, forbidden, invalidInput, notFound } from "../problems/problems.ts";
import type { Person } from "../sessions/session.ts";
import type { AccountStore } from "./account-store.ts";
import { type Caller, codeExpired } from "./credentials.ts";
import type { Invitation, InvitationStore } from "./invitation-store.ts";
import { holdGroups, joinGroups } from "./join-groups.ts";
import type { OpenSession } from "./open-session.ts";
import { hashPassword, requireGoodPassword } from "./password.ts";
import type { Throttle } from "./throttle.ts";

/** What permissions on invitations are about: `view` lists, `add` invites, `delete` revokes. */
export const invitationResource = "invitations";

/** How people get accounts: by themselves, by an invitation, or from administrators only. */
export type RegistrationPolicy = "open" | "invited" | "closed";

export const registrationClosed = defineProblem(403, "registration-closed", "Registration is closed");

/** A new invitation. */
interface Invited {
  readonly invitation: Invitation;
  /** Address that opens it, where no mail brings it. It can be had only now. */
  readonly link: string | undefined;
}

/** Invitations to open an account. Every change is told to the audit log. */
export interface InvitationService {
  /** False where registration is closed. */
  readonly offered: boolean;
  /**
   * Invites an address, by mail; an earlier invitation of it stops working.
   *
   * @param by the inviting person; undefined for the command.
   * @param showLink gives the link back in place of mailing it; always so where no mail is sent.
   * @param groups those that the account will belong to, as staff; only administrators give any.
   * @throws registration-closed; forbidden; conflict for an address with an account;
   * too-many-requests.
   */
  invite(
    email: string,
    by: Person | undefined,
    caller: AuditOrigin,
    options?: { readonly showLink?: boolean; readonly groups?: readonly number[] },
  ): Promise<Invited>;
  list(after?: number): Promise<{ rows: readonly Invitation[]; next: number | undefined }>;
  /** @throws not-found */
  revoke(id: number, by: Person, caller: AuditOrigin): Promise<void>;
  /**
   * Opens the account of the invited address, and signs in. The address is asked for, so that a
   * link alone does not tell whom it invites, and is of no use to another address.
   *
   * @throws registration-closed; code-expired; invalid-input for another address.
   */
  accept(
    input: { token: string; email: string; name: string; password: string },
    caller: Caller,
  ): Promise<void>;
}

interface InvitationDeps {
  readonly invitations: InvitationStore;
  readonly accounts: AccountStore;
  readonly throttle: Throttle;
  readonly audit: AuditLog;
  readonly database: Database;
  readonly openSession: OpenSession;
  /** Queues the mail; its job makes the link, so the queue holds none. */
  readonly queueMail: (id: number, transaction: Database) => Promise<void>;
  /** Await it before a transaction that queues. */
  readonly queueReady: () => Promise<void>;
  readonly canSendMail: boolean;
  readonly registration: RegistrationPolicy;
  /** Address people use, without a slash at the end. */
  readonly publicUrl: string;
}

const perInviter = { attempts: 100, seconds: 3600 };
const mailsPerAddressee = { attempts: 5, seconds: 3600 };
const perAddress = { attempts: 100, seconds: 15 * 60 };

export function invitationLink(publicUrl: string, token: string): string {
  return `${publicUrl}/invitation?token=${token}`;
}

export function createInvitationService(deps: InvitationDeps): InvitationService {
  const { invitations, accounts, throttle, audit } = deps;
  const offered = deps.registration !== "closed";
  const requireOffer = () => {
    if (!offered) throw registrationClosed("Invitations open no account while it is. Ask an administrator.");
  };

  return {
    offered,

    async invite(email, by, caller, { showLink = false, groups = [] } = {}) {
      requireOffer();
      if (groups.length > 0 && by?.role !== "admin")
        throw forbidden("Only administrators invite to groups: leave them out, or ask one.");
      if (by) await throttle.spend(`invite by ${by.id}`, perInviter);
      if (await accounts.findByEmail(email)) throw conflict(`${email} has an account already.`);
      const mailed = deps.canSendMail && !showLink;
      if (mailed) {
        await throttle.spend(`mail to ${email}`, mailsPerAddressee);
        await deps.queueReady();
      }
      const invited = await deps.database.transaction(async (transaction) => {
        const invitation = await invitations.insert(
          transaction,
          email,
          by?.id,
          await holdGroups(transaction, groups),
        );
        if (mailed) {
          await deps.queueMail(invitation.id, transaction);
          return { invitation, link: undefined };
        }
        const made = await invitations.newToken(invitation.id, transaction);
        return { invitation, link: made && invitationLink(deps.publicUrl, made.token) };
      });
      const actor = by ? { actorId: by.id } : {};
      await audit(
        { event: "invitation-created", ...actor, subject: email, details: { mailed, groups } },
        caller,
      );
      return { ...invited, invitation: { ...invited.invitation, inviter: by?.email ?? null } };
    },

    list: (after) => invitations.list(after),

    async revoke(id, by, caller) {
      const email = await invitations.revoke(id);
      if (email === undefined) throw notFound("There is no such invitation.");
      await audit({ event: "invitation-revoked", actorId: by.id, subject: email }, caller);
    },

    async accept({ token, email, name, password }, caller) {
      requireOffer();
      const key = `invitation from ${caller.network}`;
      await throttle.spend(key, perAddress, () => audit({ event: "invitation-throttled" }, caller));
      const invited = await invitations.addressOf(token);
      if (invited === undefined)
        throw codeExpired("The invitation is used, revoked or too old: ask for a new one.");
      if (invited !== email) {
        const message = "This invitation is for another address.";
        throw invalidInput(message, { errors: [{ in: "body", field: "email", message }] });
      }
      await requireGoodPassword(password, email);
      const passwordHash = await hashPassword(password);
      const user = await deps.database.transaction(async (transaction) => {
        const groups = await holdGroups(transaction, await invitations.groupsOf(transaction, token));
        if (!(await invitations.take(transaction, token)))
          throw codeExpired("The invitation was used already: sign in.");
        const role = groups.length > 0 ? "staff" : "user";
        const opened = await accounts.insert({ email, name, passwordHash, role }, transaction);
        if (opened && groups.length > 0) await joinGroups(transaction, opened.id, groups);
        return opened;
      });
      if (!user) throw codeExpired("The address has an account by now: sign in.");
      await accounts.deleteRegistration(email);
      await throttle.giveBack(key);
      await audit({ event: "invitation-accepted", actorId: user.id, subject: email }, caller);
      await deps.openSession(user, caller);
    },
  };
}
