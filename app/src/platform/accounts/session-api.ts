import { z } from "zod";
import { defineRoute, type Route } from "../http/route.ts";
import { roles } from "../sessions/session.ts";
import type { AccountService } from "./account-service.ts";
import { callerOf } from "./caller.ts";
import { codeField, done, emailField, passwordField } from "./account-schemas.ts";

const me = z.object({
  email: z.string(),
  name: z.string(),
  role: z.enum(roles),
  hasSecondFactor: z.boolean(),
  csrfToken: z.string().describe("Send it as X-CSRF-Token with every change"),
});

/** Signing in and out, and one's open sessions. */
export function sessionRoutes(service: AccountService): Route[] {
  const path = "/api/v1/session";
  return [
    defineRoute({
      method: "get",
      path,
      access: "signed-in",
      beforeSecondFactor: true,
      summary: "Who is signed in, and the token for changes",
      answers: { 200: { description: "The person", schema: me } },
      handle: ({ context }) => {
        const { email, name, role, hasSecondFactor } = context.session().person;
        return {
          status: 200,
          json: { email, name, role, hasSecondFactor, csrfToken: context.visitor.formToken() },
        };
      },
    }),
    defineRoute({
      method: "post",
      path,
      access: "public",
      summary: "Sign in; `code` where a second factor is on",
      idempotent: false,
      body: z.strictObject({ email: emailField, password: passwordField, code: codeField.optional() }),
      answers: { 204: { description: "Signed in; the session is in the cookie" } },
      handle: async ({ body, context }) => {
        await service.login(body, callerOf(context));
        return { status: 204 };
      },
    }),
    defineRoute({
      method: "delete",
      path,
      access: "signed-in",
      beforeSecondFactor: true,
      summary: "Sign out",
      answers: { 204: done },
      handle: async ({ context }) => {
        await service.logout(context.session(), callerOf(context));
        return { status: 204 };
      },
    }),
    defineRoute({
      method: "get",
      path: "/api/v1/account/sessions",
      access: "signed-in",
      summary: "List your open sessions",
      answers: {
        200: {
          description: "Newest first",
          schema: z.object({
            items: z.array(
              z.object({
                id: z.number().int(),
                current: z.boolean(),
                createdAt: z.iso.datetime(),
                lastSeenAt: z.iso.datetime(),
                address: z.string(),
                userAgent: z.string(),
              }),
            ),
          }),
        },
      },
      handle: async ({ context }) => {
        const session = context.session();
        const items = (await service.listSessions(session)).map((row) => ({
          id: row.id,
          current: row.id === session.id,
          createdAt: row.created_at.toISOString(),
          lastSeenAt: row.last_seen_at.toISOString(),
          address: row.address,
          userAgent: row.user_agent,
        }));
        return { status: 200, json: { items } };
      },
    }),
    defineRoute({
      method: "delete",
      path: "/api/v1/account/sessions",
      access: "signed-in",
      summary: "Sign out everywhere, here included",
      answers: { 204: done },
      handle: async ({ context }) => {
        await service.logoutEverywhere(context.session(), callerOf(context));
        return { status: 204 };
      },
    }),
    defineRoute({
      method: "delete",
      path: "/api/v1/account/sessions/:id",
      access: "signed-in",
      summary: "End one of your sessions",
      params: z.object({ id: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER) }),
      answers: { 204: done, 404: { description: "You have no such session" } },
      handle: async ({ params, context }) => {
        await service.endSession(context.session(), params.id, callerOf(context));
        return { status: 204 };
      },
    }),
  ];
}
