import { z } from "zod";
import { defineRoute, type Route } from "../http/route.ts";
import type { Readiness } from "./readiness.ts";

const check = z.object({ ok: z.boolean(), reason: z.string().optional() });

const readinessBody = z.object({
  ready: z.boolean(),
  stack: z.string(),
  release: z.string(),
  checks: z.object({ database: check, migrations: check, drain: check, storage: check }),
});

const fresh = { "Cache-Control": "no-store" };

/** The probes: `startup` says that the process has been ready once, `live` that it turns, `ready` that it may get traffic. */
export function healthRoutes(
  identity: { stack: string; release: string },
  readiness: () => Promise<Readiness>,
): Route[] {
  const found = async () => {
    const { ready, checks } = await readiness();
    return { ready, body: { ready, stack: identity.stack, release: identity.release, checks } };
  };
  const reasons = { description: "Not ready, with the reasons", schema: readinessBody };
  let started = false;
  return [
    defineRoute({
      method: "get",
      path: "/health/startup",
      access: "public",
      summary: "Whether the process has been ready once; from then on it stays so",
      answers: {
        200: { description: "It has started", schema: z.object({ started: z.literal(true) }) },
        503: reasons,
      },
      handle: async () => {
        const first = started ? undefined : await found();
        started ||= first?.ready === true;
        return started
          ? { status: 200, headers: fresh, json: { started } }
          : { status: 503, headers: fresh, json: first?.body };
      },
    }),
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
        503: reasons,
      },
      handle: async () => {
        const { ready, body } = await found();
        return { status: ready ? 200 : 503, headers: fresh, json: body };
      },
    }),
  ];
}
