import { type Span, SpanKind } from "@opentelemetry/api";
import type { DatabaseConfig } from "../../config.ts";
import type { Database } from "../database/open-database.ts";
import { endFailed, isTraced, startSpan } from "./spans.ts";

/** What knex says of a query; the id is the same in all of its events. */
interface QueryEvent {
  readonly __knexQueryUid: string;
  readonly sql?: string;
}

/**
 * Makes a span of each statement that a request or job sends. The text has placeholders where
 * values were.
 * https://opentelemetry.io/docs/specs/semconv/database/postgresql/
 */
export function traceQueries(database: Database, config: DatabaseConfig): void {
  const open = new Map<string, Span>();
  const take = ({ __knexQueryUid: id }: QueryEvent): Span | undefined => {
    const span = open.get(id);
    open.delete(id);
    return span;
  };
  database.on("query", (query: QueryEvent) => {
    if (!isTraced() || open.has(query.__knexQueryUid)) return;
    const sql = query.sql ?? "";
    const operation = /^\s*([a-z]+)/i.exec(sql)?.[1]?.toUpperCase() ?? "QUERY";
    const span = startSpan(`${operation} ${config.name}`, SpanKind.CLIENT, {
      "db.system.name": "postgresql",
      "db.namespace": config.name,
      "db.operation.name": operation,
      "db.query.text": sql.slice(0, 2000),
      "server.address": config.host,
      "server.port": config.port,
    });
    open.set(query.__knexQueryUid, span);
  });
  database.on("query-response", (_response: unknown, query: QueryEvent) => {
    take(query)?.end();
  });
  database.on("query-error", (error: unknown, query: QueryEvent) => {
    const span = take(query);
    if (span) endFailed(span, error);
  });
}
