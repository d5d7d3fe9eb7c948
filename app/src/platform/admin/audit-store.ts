import type { Database } from "../database/open-database.ts";

/** A line of the audit log with its actor's address. */
export interface AuditListing {
  readonly id: number;
  readonly at: Date;
  readonly event: string;
  readonly actor: string | null;
  readonly subject: string;
  readonly address: string;
  readonly details: unknown;
}

const pageSize = 100;

/** The queries of the page on the audit log. */
export function createAuditStore(database: Database) {
  return {
    /** Newest first. */
    async list(query: {
      event?: string | undefined;
      subject?: string | undefined;
      after?: number | undefined;
    }): Promise<{ rows: AuditListing[]; next: number | undefined }> {
      const found = database("audit_events as a")
        .leftJoin("users as u", "u.id", "a.actor_id")
        .orderBy("a.id", "desc")
        .limit(pageSize + 1);
      if (query.event) void found.where("a.event", query.event);
      if (query.subject) void found.where("a.subject", query.subject);
      if (query.after !== undefined) void found.where("a.id", "<", query.after);
      const all = await found.select<AuditListing[]>(
        "a.id",
        "a.at",
        "a.event",
        "u.email as actor",
        "a.subject",
        "a.address",
        "a.details",
      );
      const rows = all.slice(0, pageSize);
      return { rows, next: all.length > pageSize ? rows.at(-1)?.id : undefined };
    },
  };
}
