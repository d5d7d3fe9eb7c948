import { z } from "zod";
import { formErrors } from "../html/form-errors.ts";
import type { Pages } from "../html/page.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Reply, type Route, seeOther } from "../http/route.ts";
import { idParams } from "../resources/resource-api.ts";
import { createOwnAccountForms } from "./own-account-forms.ts";
import { callerOf } from "./caller.ts";
import { pageAnswers } from "./form-values.ts";
import type { AccountService } from "./account-service.ts";
import type { SecondFactor } from "./second-factor.ts";

const text = z.string().max(2000).default("");

/** The pages of one's own account: password, second factor, sessions. */
export function ownAccountPages(
  service: AccountService,
  secondFactor: SecondFactor,
  pages: Pages,
  issuer: string,
): Route[] {
  const { overview, passwordForm, confirmForm, scanForm, codeList } = createOwnAccountForms(
    service,
    pages,
    issuer,
  );
  const head = { kind: "page", access: "signed-in", answers: pageAnswers } as const;
  const guarded = (
    path: string,
    summary: string,
    title: "recoveryCodes" | "secondFactorStop" | "secondFactorStart",
    act: (context: RequestContext, password: string) => Promise<Reply>,
  ) => [
    defineRoute({
      ...head,
      method: "get",
      path,
      summary,
      beforeSecondFactor: title === "secondFactorStart",
      handle: ({ context }) => confirmForm(context, path, context.words.t(title)),
    }),
    defineRoute({
      ...head,
      method: "post",
      path,
      summary,
      beforeSecondFactor: title === "secondFactorStart",
      body: z.object({ password: text }),
      handle: async ({ context, body, response }) => {
        try {
          return await act(context, body.password);
        } catch (error) {
          return confirmForm(context, path, context.words.t(title), formErrors(error, response));
        }
      },
    }),
  ];

  return [
    defineRoute({
      ...head,
      method: "get",
      path: "/account",
      summary: "Your account",
      handle: ({ context }) => overview(context),
    }),
    defineRoute({
      ...head,
      method: "post",
      path: "/logout",
      beforeSecondFactor: true,
      summary: "Sign out",
      body: z.object({}),
      handle: async ({ context }) => {
        await service.logout(context.session(), callerOf(context));
        return seeOther("/");
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: "/account/sessions/end",
      summary: "Sign out everywhere",
      body: z.object({}),
      handle: async ({ context }) => {
        await service.logoutEverywhere(context.session(), callerOf(context));
        return seeOther("/");
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: "/account/sessions/:id/end",
      summary: "End one of your sessions",
      params: idParams,
      body: z.object({}),
      handle: async ({ context, params }) => {
        await service.endSession(context.session(), params.id, callerOf(context));
        return seeOther("/account?done=sessionEnded");
      },
    }),
    defineRoute({
      ...head,
      method: "get",
      path: "/account/password",
      summary: "Change your password",
      handle: ({ context }) => passwordForm(context),
    }),
    defineRoute({
      ...head,
      method: "post",
      path: "/account/password",
      summary: "Change your password",
      body: z.object({ current: text, password: text }),
      handle: async ({ context, body, response }) => {
        try {
          await service.changePassword(context.session(), body, callerOf(context));
          return seeOther("/account?done=passwordChanged");
        } catch (error) {
          return passwordForm(context, formErrors(error, response));
        }
      },
    }),
    ...guarded(
      "/account/second-factor",
      "Begin a second factor",
      "secondFactorStart",
      async (context, password) => {
        const { secret, email } = await secondFactor.begin(context.session(), password, callerOf(context));
        return scanForm(context, secret, email);
      },
    ),
    ...guarded(
      "/account/second-factor/off",
      "Turn the second factor off",
      "secondFactorStop",
      async (context, password) => {
        await secondFactor.end(context.session(), password, callerOf(context));
        return seeOther("/account?done=saved");
      },
    ),
    ...guarded(
      "/account/second-factor/codes",
      "Replace the recovery codes",
      "recoveryCodes",
      async (context, password) =>
        codeList(
          context,
          await secondFactor.renewRecoveryCodes(context.session(), password, callerOf(context)),
        ),
    ),
    defineRoute({
      ...head,
      method: "post",
      path: "/account/second-factor/confirm",
      beforeSecondFactor: true,
      summary: "Turn the second factor on",
      body: z.object({ code: text }),
      handle: async ({ context, body, response }) => {
        const session = context.session();
        try {
          return codeList(context, await secondFactor.confirm(session, body.code, callerOf(context)));
        } catch (error) {
          const refused = formErrors(error, response);
          const secret = await secondFactor.pending(session);
          return secret === undefined
            ? seeOther("/account")
            : scanForm(context, secret, session.person.email, refused);
        }
      },
    }),
  ];
}
