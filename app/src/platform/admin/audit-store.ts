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
/** Lines that may have been written at once, and in another order than that of their ids. */
const sameMoment = 100;

/** The queries of the page on the audit log. */
export function createAuditStore(database: Database) {
  return {
    /** The events that the log has: jumps from one to the next along the index. */
    async events(): Promise<readonly string[]> {
      const { rows } = await database.raw<{ rows: { event: string }[] }>(
        `with recursive found(event) as (
          (select event from audit_events order by event limit 1)
          union all
          select (select event from audit_events where event > found.event order by event limit 1)
          from found where found.event is not null
        ) select event from found where event is not null`,
      );
      return rows.map(({ event }) => event);
    },

    /** Newest first. `actor` is a whole e-mail address; `from` is included, `to` is not. */
    async list(query: {
      event?: string | undefined;
      actor?: string | undefined;
      from?: Date | undefined;
      to?: Date | undefined;
      subject?: string | undefined;
      after?: number | undefined;
    }): Promise<{ rows: AuditListing[]; next: number | undefined }> {
      const found = database("audit_events as a")
        .leftJoin("users as u", "u.id", "a.actor_id")
        .orderBy("a.id", "desc")
        .limit(pageSize + 1);
      if (query.event) void found.where("a.event", query.event);
      if (query.subject) void found.where("a.subject", query.subject);
      if (query.actor)
        void found.where(
          "a.actor_id",
          database("users").whereRaw("lower(email) = lower(?)", [query.actor]).select("id"),
        );
      // Ids rise with time, but for lines of the same moment: every index has them after its value.
      const near = (at: ">=" | "<", moment: Date) =>
        database("audit_events")
          .where("at", at, moment)
          .orderBy("at", at === "<" ? "desc" : "asc")
          .limit(sameMoment)
          .select("id")
          .as("near");
      if (query.from) {
        const first = database(near(">=", query.from)).min("id");
        void found.where("a.at", ">=", query.from).where("a.id", ">=", first);
      }
      if (query.to) {
        const last = database(near("<", query.to)).max("id");
        void found.where("a.at", "<", query.to).where("a.id", "<=", last);
      }
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
