import type { Database } from "../database/open-database.ts";

/** What the audit log tells apart. */
export type AuditEvent =
  | "register"
  | "verify-email"
  | "login"
  | "login-failed"
  | "login-throttled"
  | "mail-throttled"
  | "reauthentication-failed"
  | "logout"
  | "session-ended"
  | "sessions-ended"
  | "password-changed"
  | "password-reset"
  | "second-factor-on"
  | "second-factor-off"
  | "recovery-code-used"
  | "recovery-codes-renewed"
  | "invitation-created"
  | "invitation-revoked"
  | "invitation-accepted"
  | "invitation-throttled"
  | "user-changed"
  | "user-created"
  | "user-deleted"
  | "group-created"
  | "group-changed"
  | "group-deleted"
  | "reset-sent"
  | "permissions-changed"
  | "view-as-began"
  | "view-as-ended"
  | "job-retried"
  | "media-deleted";

/** Who did it from where. */
export interface AuditOrigin {
  readonly address: string;
  readonly requestId: string;
}

/** One line of the log. */
export interface AuditEntry {
  readonly event: AuditEvent;
  readonly actorId?: number | undefined;
  /** Whom or what it was done to, for example an e-mail address. Never a secret. */
  readonly subject?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Appends a line to the audit log; `origin` is where the call came from. */
export type AuditLog = (entry: AuditEntry, origin: AuditOrigin) => Promise<void>;

/** Appends to the audit log; nothing in the app changes its rows, and only age deletes them. */
export function createAuditLog(database: Database): AuditLog {
  return async (entry, origin) => {
    await database("audit_events").insert({
      event: entry.event,
      actor_id: entry.actorId ?? null,
      subject: entry.subject ?? "",
      address: origin.address,
      request_id: origin.requestId,
      details: JSON.stringify(entry.details ?? {}),
    });
  };
}
