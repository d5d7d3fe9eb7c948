import type { Request } from "express";
import { z } from "zod";
import { defineRoute, type Route } from "../http/route.ts";
import type { Readiness } from "./readiness.ts";

const check = z.object({ ok: z.boolean(), reason: z.string().optional() });

const readinessBody = z.object({
  ready: z.boolean(),
  stack: z.string().optional(),
  release: z.string().optional(),
  checks: z.object({ database: check, migrations: check, drain: check, storage: check }).optional(),
});

/**
 * Whether a probe comes from the container itself, and not through a proxy: its health check does.
 */
function isOwn(request: Request): boolean {
  const { remoteAddress = "" } = request.socket;
  return /^(?:::ffff:)?127\.|^::1$/.test(remoteAddress) && request.get("x-forwarded-for") === undefined;
}

const fresh = { "Cache-Control": "no-store" };

/**
 * The probes: `startup` says that the process has been ready once, `live` that it turns, `ready`
 * that it may get traffic.
 */
export function healthRoutes(
  { stack, release, production }: { stack: string; release: string; production: boolean },
  readiness: () => Promise<Readiness>,
): Route[] {
  const found = async (request: Request) => {
    const { ready, checks } = await readiness();
    // Reasons are for the stack's operators: the health check's log has them.
    return { ready, body: production && !isOwn(request) ? { ready } : { ready, stack, release, checks } };
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
      handle: async ({ request }) => {
        const first = started ? undefined : await found(request);
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
      handle: async ({ request }) => {
        const { ready, body } = await found(request);
        return { status: ready ? 200 : 503, headers: fresh, json: body };
      },
    }),
  ];
}
