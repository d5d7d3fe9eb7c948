import { z } from "zod";
import { formErrors } from "../html/form-errors.ts";
import type { Pages } from "../html/page.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { Problem } from "../problems/define-problem.ts";
import { nameField } from "./account-schemas.ts";
import type { AccountService } from "./account-service.ts";
import { createSignInForms } from "./sign-in-forms.ts";
import { codeExpired } from "./credentials.ts";
import { callerOf } from "./caller.ts";
import { pageAnswers, text, typedEmail, wrong } from "./form-values.ts";
import { behindLink, openLink } from "./mailed-link.ts";

/** Only paths of our own: an address from outside must not decide where people land. */
function safePath(next: string): string {
  return /^\/(?![/\\])[\w\-/?=&%.]*$/.test(next) ? next : "/account";
}

/** The pages for registering and signing in. */
export function signInPages(service: AccountService, pages: Pages): Route[] {
  const { loginForm, codeForm, registerForm, noRegistration, mailSent, forgotForm, tokenForm } =
    createSignInForms(pages, service.offers);
  const head = { kind: "page", access: "public", answers: pageAnswers } as const;
  return [
    defineRoute({
      ...head,
      method: "get",
      path: "/login",
      summary: "Sign in",
      query: z.object({ next: text }),
      handle: ({ context, query }) =>
        context.visitor.session ? seeOther(safePath(query.next)) : loginForm(context, query),
    }),
    defineRoute({
      ...head,
      method: "post",
      path: "/login",
      summary: "Sign in",
      body: z.object({ email: text, password: text, next: text }),
      handle: async ({ context, body, response }) => {
        const errors = wrong({ email: typedEmail }, body);
        if (errors.length > 0) return loginForm(context, body, { errors, status: 400 });
        try {
          await service.login(
            { email: typedEmail.parse(body.email), password: body.password },
            callerOf(context),
          );
          return seeOther(safePath(body.next));
        } catch (error) {
          const refused = formErrors(error, response);
          if (error instanceof Problem && error.code === "second-factor-required")
            return codeForm(context, body.next);
          return loginForm(context, body, refused);
        }
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: "/login/code",
      summary: "Second step of signing in",
      body: z.object({ code: text, next: text }),
      handle: async ({ context, body, response }) => {
        try {
          await service.loginWithCode(body.code, callerOf(context));
          return seeOther(safePath(body.next));
        } catch (error) {
          const refused = formErrors(error, response);
          return refused.status === 410
            ? loginForm(context, { next: body.next }, refused)
            : codeForm(context, body.next, refused);
        }
      },
    }),
    defineRoute({
      ...head,
      method: "get",
      path: "/register",
      summary: "Register",
      handle: ({ context }) => {
        const refused = noRegistration(context, service.registration);
        if (refused) return refused;
        service.requireRegistration();
        return registerForm(context, { email: "", name: "" });
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: "/register",
      summary: "Register",
      body: z.object({ email: text, name: text, password: text }),
      handle: async ({ context, body, response }) => {
        const refused = noRegistration(context, service.registration);
        if (refused) return refused;
        service.requireRegistration();
        const errors = wrong({ name: nameField, email: typedEmail }, body);
        if (errors.length > 0) return registerForm(context, body, { errors, status: 400 });
        try {
          const { password } = body;
          await service.register(
            { email: typedEmail.parse(body.email), name: nameField.parse(body.name), password },
            callerOf(context),
          );
          return mailSent(context, context.words.t("register"));
        } catch (error) {
          return registerForm(context, body, formErrors(error, response));
        }
      },
    }),
    defineRoute({
      ...head,
      method: "get",
      path: "/forgot",
      summary: "Ask for a new password",
      handle: ({ context }) => {
        service.requireMail();
        return forgotForm(context);
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: "/forgot",
      summary: "Ask for a new password",
      body: z.object({ email: text }),
      handle: async ({ context, body, response }) => {
        service.requireMail();
        const errors = wrong({ email: typedEmail }, body);
        if (errors.length > 0) return forgotForm(context, { errors, status: 400 });
        try {
          await service.requestReset(typedEmail.parse(body.email), callerOf(context));
          return mailSent(context, context.words.t("resetPassword"));
        } catch (error) {
          return forgotForm(context, formErrors(error, response));
        }
      },
    }),
    ...(["verify", "reset"] as const).flatMap((kind) => [
      defineRoute({
        ...head,
        method: "get",
        path: `/${kind}`,
        summary: `The form behind a mailed link (${kind})`,
        query: z.object({ token: text }),
        handle: ({ context, query }) => openLink(kind, context, query.token, () => tokenForm(kind, context)),
      }),
      defineRoute({
        ...head,
        method: "post",
        path: `/${kind}`,
        summary: `Uses a mailed link (${kind})`,
        body: z.object({ password: text }),
        handle: async ({ context, body, response }) => {
          try {
            const token = context.visitor.link(kind);
            if (token === undefined) throw codeExpired("Open the link in the mail again.");
            await service[kind]({ token, password: body.password }, callerOf(context));
            context.visitor.forgetLink(kind);
            return seeOther(kind === "verify" ? "/account?done=verified" : "/login?done=resetDone");
          } catch (error) {
            return behindLink(tokenForm(kind, context, formErrors(error, response)));
          }
        },
      }),
    ]),
  ];
}
