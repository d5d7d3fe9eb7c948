import { z } from "zod";
import { defineRoute, type Route } from "../http/route.ts";
import type { Readiness } from "./readiness.ts";

const check = z.object({ ok: z.boolean(), reason: z.string().optional() });

const readinessBody = z.object({
  ready: z.boolean(),
  stack: z.string(),
  release: z.string(),
  checks: z.object({ database: check, migrations: check, drain: check }),
});

const fresh = { "Cache-Control": "no-store" };

/** The probes: `live` says that the process turns, `ready` that it may get traffic. */
export function healthRoutes(
  identity: { stack: string; release: string },
  readiness: () => Promise<Readiness>,
): Route[] {
  return [
    defineRoute({
      method: "get",
      path: "/health/live",
      access: "public",
      summary: "Whether the process runs; never touches the database",
      answers: { 200: { description: "It runs", schema: z.object({ live: z.literal(true) }) } },
      handle: () => ({ status: 200, headers: fresh, json: { live: true } }),
    }),
    defineRoute({
      method: "get",
      path: "/health/ready",
      access: "public",
      summary: "Whether the process may get traffic: database reached, migrations current, not shutting down",
      answers: {
        200: { description: "Ready", schema: readinessBody },
        503: { description: "Not ready, with the reasons", schema: readinessBody },
      },
      handle: async () => {
        const found = await readiness();
        return {
          status: found.ready ? 200 : 503,
          headers: fresh,
          json: { stack: identity.stack, release: identity.release, ...found },
        };
      },
    }),
  ];
}
