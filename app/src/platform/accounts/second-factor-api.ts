import { z } from "zod";
import { type Answer, defineRoute, type Route } from "../http/route.ts";
import { callerOf } from "./caller.ts";
import type { SecondFactor } from "./second-factor.ts";
import { totpAddress } from "./totp.ts";
import { codeField, done, passwordField } from "./account-schemas.ts";

const codes: Answer = {
  description: "The recovery codes, shown this once",
  schema: z.object({ recoveryCodes: z.array(z.string()) }),
};

/** Turning the second factor on and off. */
export function secondFactorRoutes(secondFactor: SecondFactor, issuer: string): Route[] {
  const path = "/api/v1/account/second-factor";
  const password = z.strictObject({ password: passwordField });
  const conflicting: Answer = { description: "The second factor is not in the state for this" };
  return [
    defineRoute({
      method: "post",
      path,
      access: "signed-in",
      beforeSecondFactor: true,
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
        const { secret, email } = await secondFactor.begin(
          context.session(),
          body.password,
          callerOf(context),
        );
        return { status: 200, json: { secret, address: totpAddress(secret, issuer, email) } };
      },
    }),
    defineRoute({
      method: "post",
      path: `${path}/confirm`,
      access: "signed-in",
      beforeSecondFactor: true,
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
