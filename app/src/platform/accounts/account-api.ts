import { z } from "zod";
import type { RequestContext } from "../http/request-context.ts";
import { type Answer, defineRoute, type Route } from "../http/route.ts";
import { roles } from "../sessions/session.ts";
import type { AccountService } from "./account-service.ts";
import type { Caller } from "./credentials.ts";
import { longestPassword } from "./password.ts";
import type { SecondFactor } from "./second-factor.ts";
import { totpAddress } from "./totp.ts";

const emailField = z.email().max(254);
/** Only a guard against huge input; the rules for new passwords are in `passwordProblem`. */
const passwordField = z
  .string()
  .min(1)
  .max(longestPassword * 4);
const nameField = z.string().trim().min(1).max(200);
const codeField = z.string().min(6).max(40);
const tokenField = z.string().min(20).max(100);

/** Who called, for services that log and throttle. */
export function callerOf(context: RequestContext): Caller {
  const { address, requestId, userAgent, visitor } = context;
  return { address, requestId, userAgent, visitor };
}

const me = z.object({
  email: z.string(),
  name: z.string(),
  role: z.enum(roles),
  hasSecondFactor: z.boolean(),
  csrfToken: z.string().describe("Send it as X-CSRF-Token with every change"),
});

const done: Answer = { description: "Done" };
const accepted: Answer = { description: "Taken; a mail is on its way if the address calls for one" };
const codes: Answer = {
  description: "The recovery codes, shown this once",
  schema: z.object({ recoveryCodes: z.array(z.string()) }),
};

function sessionRoutes(service: AccountService): Route[] {
  const path = "/api/v1/session";
  return [
    defineRoute({
      method: "get",
      path,
      access: "signed-in",
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

function registrationRoutes(service: AccountService): Route[] {
  return [
    defineRoute({
      method: "post",
      path: "/api/v1/account/registrations",
      access: "public",
      summary: "Register; a mail with a link follows",
      idempotent: false,
      body: z.strictObject({ email: emailField, name: nameField, password: passwordField }),
      answers: { 202: accepted },
      handle: async ({ body, context }) => {
        await service.register(body, callerOf(context));
        return { status: 202 };
      },
    }),
    defineRoute({
      method: "post",
      path: "/api/v1/account/registrations/confirm",
      access: "public",
      summary: "Confirm the e-mail address with the mailed token and your password, and sign in",
      idempotent: false,
      body: z.strictObject({ token: tokenField, password: passwordField }),
      answers: { 204: done, 410: { description: "The token is used or too old" } },
      handle: async ({ body, context }) => {
        await service.verify(body, callerOf(context));
        return { status: 204 };
      },
    }),
    defineRoute({
      method: "post",
      path: "/api/v1/account/password-resets",
      access: "public",
      summary: "Ask for a mail to set a new password",
      idempotent: false,
      body: z.strictObject({ email: emailField }),
      answers: { 202: accepted },
      handle: async ({ body, context }) => {
        await service.requestReset(body.email, callerOf(context));
        return { status: 202 };
      },
    }),
    defineRoute({
      method: "post",
      path: "/api/v1/account/password-resets/confirm",
      access: "public",
      summary: "Set a new password with the mailed token",
      idempotent: false,
      body: z.strictObject({ token: tokenField, password: passwordField }),
      answers: { 204: done, 410: { description: "The token is used or too old" } },
      handle: async ({ body, context }) => {
        await service.reset(body, callerOf(context));
        return { status: 204 };
      },
    }),
    defineRoute({
      method: "put",
      path: "/api/v1/account/password",
      access: "signed-in",
      summary: "Change your password; your other sessions end",
      body: z.strictObject({ current: passwordField, password: passwordField }),
      answers: { 204: done },
      handle: async ({ body, context }) => {
        await service.changePassword(context.session(), body, callerOf(context));
        return { status: 204 };
      },
    }),
  ];
}

function secondFactorRoutes(secondFactor: SecondFactor, issuer: string): Route[] {
  const path = "/api/v1/account/second-factor";
  const password = z.strictObject({ password: passwordField });
  const conflicting: Answer = { description: "The second factor is not in the state for this" };
  return [
    defineRoute({
      method: "post",
      path,
      access: "signed-in",
      summary: "Begin a second factor",
      idempotent: false,
      body: password,
      answers: {
        200: {
          description: "Secret for the authenticator app",
          schema: z.object({ secret: z.string(), address: z.string() }),
        },
        409: conflicting,
      },
      handle: async ({ body, context }) => {
        const { secret, email } = await secondFactor.begin(context.session(), body.password);
        return { status: 200, json: { secret, address: totpAddress(secret, issuer, email) } };
      },
    }),
    defineRoute({
      method: "post",
      path: `${path}/confirm`,
      access: "signed-in",
      summary: "Turn the second factor on with a first code",
      idempotent: false,
      body: z.strictObject({ code: codeField }),
      answers: { 200: codes, 409: conflicting },
      handle: async ({ body, context }) => {
        const recoveryCodes = await secondFactor.confirm(context.session(), body.code, callerOf(context));
        return { status: 200, json: { recoveryCodes } };
      },
    }),
    defineRoute({
      method: "post",
      path: `${path}/recovery-codes`,
      access: "signed-in",
      summary: "Replace the recovery codes",
      idempotent: false,
      body: password,
      answers: { 200: codes, 409: conflicting },
      handle: async ({ body, context }) => {
        const recoveryCodes = await secondFactor.renewRecoveryCodes(
          context.session(),
          body.password,
          callerOf(context),
        );
        return { status: 200, json: { recoveryCodes } };
      },
    }),
    defineRoute({
      method: "delete",
      path,
      access: "signed-in",
      summary: "Turn the second factor off",
      body: password,
      answers: { 204: done },
      handle: async ({ body, context }) => {
        await secondFactor.end(context.session(), body.password, callerOf(context));
        return { status: 204 };
      },
    }),
  ];
}

/** The JSON API of accounts and sessions. */
export function accountApi(service: AccountService, secondFactor: SecondFactor, issuer: string): Route[] {
  return [
    ...sessionRoutes(service),
    ...registrationRoutes(service),
    ...secondFactorRoutes(secondFactor, issuer),
  ].map((route) => ({ ...route, tag: "Account" }));
}
