import type { AuditLog } from "../audit/audit-log.ts";
import { lifetimes, type SessionStore } from "../sessions/session-store.ts";
import type { UserRow } from "./account-store.ts";
import type { Caller } from "./credentials.ts";

/** Signs a person in; a session that the browser had before ends. */
export type OpenSession = (user: UserRow, caller: Caller) => Promise<void>;

export function createOpenSession(sessions: SessionStore, audit: AuditLog): OpenSession {
  return async (user, caller) => {
    const old = caller.visitor.session;
    if (old) await sessions.end(old.person.id, old.id);
    const token = await sessions.start(user.id, user.role, caller);
    caller.visitor.signIn(token, lifetimes[user.role].absolute);
    caller.visitor.markDevice(user.id);
    await audit({ event: "login", actorId: user.id, subject: user.email }, caller);
  };
}
