import { z } from "zod";
import { defineRoute, type Route } from "../http/route.ts";
import type { AccountService } from "./account-service.ts";
import { callerOf } from "./caller.ts";
import { accepted, done, emailField, nameField, passwordField, tokenField } from "./account-schemas.ts";

const noMail = { description: "The stack sends no e-mail" };

/** Registering, and passwords. */
export function registrationRoutes(service: AccountService): Route[] {
  return [
    defineRoute({
      method: "post",
      path: "/api/v1/account/registrations",
      access: "public",
      summary: "Register; a mail with a link follows",
      idempotent: false,
      body: z.strictObject({ email: emailField, name: nameField, password: passwordField }),
      answers: { 202: accepted, 403: { description: "Registration is closed" }, 503: noMail },
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
      answers: { 202: accepted, 503: noMail },
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
