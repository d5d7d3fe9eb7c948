import { randomUUID } from "node:crypto";
import type { NextRequest } from "../measure/load.ts";
import { type Server, type ServerName, someId } from "./servers.ts";

/** Something that the application and its peers do, and what is asked of the application. */
export interface Figure {
  readonly name: string;
  readonly title: string;
  readonly status: number;
  /** What each peer's part is, in a few words. */
  readonly beside: Readonly<Record<Exclude<ServerName, "berth">, string>>;
  /** Least ratio to each peer. */
  readonly goals: Readonly<Partial<Record<ServerName, number>>>;
  readonly request: (name: ServerName, server: Server) => NextRequest;
}

function head(method: string, path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

const customers = { berth: "/api/v1/customers", bare: "/customers", conventional: "/customers" } as const;
const ping = { berth: "/health/live", bare: "/ping", conventional: "/ping" } as const;

export const figures: readonly Figure[] = [
  {
    name: "read",
    title: "Signed-in read of one row as JSON",
    status: 200,
    beside: {
      bare: "the same row, no session, no log",
      conventional: "express-session in Postgres, helmet, pino-http, knex, a user look-up",
    },
    goals: { bare: 0.5, conventional: 3 },
    request:
      (name, { headers }) =>
      () =>
        head("GET", `${customers[name]}/${someId()}`, headers),
  },
  {
    name: "route",
    title: "A route without a database",
    status: 200,
    beside: { bare: "`response.json` alone", conventional: "helmet and pino-http; no session" },
    goals: { bare: 0.6 },
    request: (name) => {
      const text = head("GET", ping[name], { Host: "example.org", Accept: "application/json" });
      return () => text;
    },
  },
  {
    name: "write",
    title: "Signed-in write of one row with an Idempotency-Key",
    status: 201,
    beside: {
      bare: "one insert; no session, key or history",
      conventional: "the read's stack, and the key in the insert's transaction; no history",
    },
    goals: { bare: 0.4, conventional: 2 },
    request:
      (name, { headers }) =>
      () => {
        const id = randomUUID();
        const body = JSON.stringify({
          name: "A new customer",
          email: `${id}@example.test`,
          company: "Company",
          city: "City",
          notes: "A note of some length.",
        });
        const more = {
          "Content-Type": "application/json",
          "Content-Length": String(body.length),
          ...(name === "bare" ? {} : { "Idempotency-Key": id }),
        };
        return head("POST", customers[name], { ...headers, ...more }) + body;
      },
  },
];
