import { z } from "zod";
import { form, input, problemOf } from "../html/form.ts";
import { html, type Content } from "../html/html.ts";
import type { Pages } from "../html/page.ts";
import type { RequestContext } from "../http/request-context.ts";
import { type Answer, defineRoute, type Reply, type Route, seeOther } from "../http/route.ts";
import { type FieldProblem, Problem } from "../problems/define-problem.ts";
import type { AccountService } from "./account-service.ts";
import { callerOf } from "./account-api.ts";
import { codeMinutes } from "./account-store.ts";

/** Forms are parsed leniently and judged by the service, so that a page can show every problem in its place. */
const text = z.string().max(2000).default("");
const pageAnswer: Answer = { description: "A page", contentType: "text/html" };
export const pageAnswers = {
  200: pageAnswer,
  303: { description: "On to the next page" },
  400: pageAnswer,
} as const;

const email = z.email();

/** Only paths of our own: an address from outside must not decide where people land. */
function safePath(next: string): string {
  return /^\/(?![/\\])[\w\-/?=&%.]*$/.test(next) ? next : "/account";
}

/** What went wrong, for the form it came from. Anything that is not the visitor's to mend is passed on. */
export function shown(error: unknown): { status: number; errors: readonly FieldProblem[] } {
  if (!(error instanceof Problem) || error.status >= 500) throw error;
  const errors = error.errors ?? [{ in: "body" as const, field: "", message: error.message }];
  return { status: error.status, errors };
}

/** Checks what the API's schema would refuse before the service sees it. */
function missing(values: Readonly<Record<string, string>>): FieldProblem[] {
  return Object.entries(values).flatMap(([field, value]) => {
    if (field === "email" && !email.safeParse(value).success)
      return [{ in: "body" as const, field, message: "name@example.org" }];
    return value.trim() === "" ? [{ in: "body" as const, field, message: "…" }] : [];
  });
}

/** The pages for registering and signing in. */
export function signInPages(service: AccountService, pages: Pages): Route[] {
  const page = (context: RequestContext, title: string, body: Content, status = 200): Reply => ({
    status,
    html: pages.render(context, { title, body }),
  });

  const loginForm = (
    context: RequestContext,
    next: string,
    value = "",
    errors: readonly FieldProblem[] = [],
    status = 200,
  ) => {
    const { t } = context.words;
    const fields = [
      html`<input type="hidden" name="next" value="${next}" />`,
      input({
        name: "email",
        type: "email",
        label: t("email"),
        value,
        required: true,
        autocomplete: "username",
      }),
      input({
        name: "password",
        type: "password",
        label: t("password"),
        required: true,
        autocomplete: "current-password",
      }),
    ];
    const body = [
      form(context, { action: "/login", submit: t("signIn"), fields, errors }),
      html`<p><a href="/forgot">${t("forgotPassword")}</a> · <a href="/register">${t("register")}</a></p>`,
    ];
    return page(context, t("signIn"), body, status);
  };

  const codeForm = (
    context: RequestContext,
    next: string,
    errors: readonly FieldProblem[] = [],
    status = 200,
  ) => {
    const { t } = context.words;
    const fields = [
      html`<input type="hidden" name="next" value="${next}" />`,
      input({
        name: "code",
        label: t("code"),
        hint: t("codeHint"),
        required: true,
        autocomplete: "one-time-code",
      }),
    ];
    return page(
      context,
      t("secondFactor"),
      form(context, { action: "/login/code", submit: t("signIn"), fields, errors }),
      status,
    );
  };

  const registerForm = (
    context: RequestContext,
    values: { email: string; name: string },
    errors: readonly FieldProblem[] = [],
    status = 200,
  ) => {
    const { t } = context.words;
    const fields = [
      input({
        name: "name",
        label: t("name"),
        value: values.name,
        required: true,
        autocomplete: "name",
        problem: problemOf(errors, "name"),
      }),
      input({
        name: "email",
        type: "email",
        label: t("email"),
        value: values.email,
        required: true,
        autocomplete: "username",
        problem: problemOf(errors, "email"),
      }),
      input({
        name: "password",
        type: "password",
        label: t("password"),
        hint: t("passwordHint"),
        required: true,
        autocomplete: "new-password",
        problem: problemOf(errors, "password"),
      }),
    ];
    const body = [
      form(context, { action: "/register", submit: t("register"), fields, errors }),
      html`<p>${t("registerText")} <a href="/login">${t("signIn")}</a></p>`,
    ];
    return page(context, t("register"), body, status);
  };

  const mailSent = (context: RequestContext, title: string) =>
    page(
      context,
      title,
      html`<p class="notice" role="status">${context.words.t("mailSent", { minutes: codeMinutes })}</p>`,
    );

  const forgotForm = (context: RequestContext, errors: readonly FieldProblem[] = [], status = 200) => {
    const { t } = context.words;
    const fields = input({
      name: "email",
      type: "email",
      label: t("email"),
      required: true,
      autocomplete: "username",
      problem: problemOf(errors, "email"),
    });
    const body = [
      html`<p>${t("forgotText")}</p>`,
      form(context, { action: "/forgot", submit: t("resetPassword"), fields, errors }),
    ];
    return page(context, t("resetPassword"), body, status);
  };

  /** The form behind a mailed link. Nothing happens by opening it: mail scanners do that too. */
  const tokenForm = (
    kind: "verify" | "reset",
    context: RequestContext,
    token: string,
    errors: readonly FieldProblem[] = [],
    status = 200,
  ) => {
    const { t } = context.words;
    const verify = kind === "verify";
    const title = t(verify ? "confirmEmail" : "resetPassword");
    const fields = [
      html`<input type="hidden" name="token" value="${token}" />`,
      input({
        name: "password",
        type: "password",
        label: t(verify ? "password" : "newPassword"),
        hint: verify ? undefined : t("passwordHint"),
        required: true,
        autocomplete: verify ? "current-password" : "new-password",
        problem: problemOf(errors, "password"),
      }),
    ];
    const body = [
      verify && html`<p>${t("confirmEmailText")}</p>`,
      form(context, { action: `/${kind}`, submit: title, fields, errors }),
    ];
    return page(context, title, body, status);
  };

  const head = { kind: "page", access: "public", answers: pageAnswers } as const;
  return [
    defineRoute({
      ...head,
      method: "get",
      path: "/login",
      summary: "Sign in",
      query: z.object({ next: text }),
      handle: ({ context, query }) =>
        context.visitor.session ? seeOther(safePath(query.next)) : loginForm(context, query.next),
    }),
    defineRoute({
      ...head,
      method: "post",
      path: "/login",
      summary: "Sign in",
      body: z.object({ email: text, password: text, next: text }),
      handle: async ({ context, body }) => {
        try {
          await service.login({ email: body.email.trim(), password: body.password }, callerOf(context));
          return seeOther(safePath(body.next));
        } catch (error) {
          const { status, errors } = shown(error);
          if (error instanceof Problem && error.code === "second-factor-required")
            return codeForm(context, body.next);
          return loginForm(context, body.next, body.email, errors, status);
        }
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: "/login/code",
      summary: "Second step of signing in",
      body: z.object({ code: text, next: text }),
      handle: async ({ context, body }) => {
        try {
          await service.loginWithCode(body.code, callerOf(context));
          return seeOther(safePath(body.next));
        } catch (error) {
          const { status, errors } = shown(error);
          return status === 410
            ? loginForm(context, body.next, "", errors, status)
            : codeForm(context, body.next, errors, status);
        }
      },
    }),
    defineRoute({
      ...head,
      method: "get",
      path: "/register",
      summary: "Register",
      handle: ({ context }) => registerForm(context, { email: "", name: "" }),
    }),
    defineRoute({
      ...head,
      method: "post",
      path: "/register",
      summary: "Register",
      body: z.object({ email: text, name: text, password: text }),
      handle: async ({ context, body }) => {
        const wrong = missing({ name: body.name, email: body.email });
        if (wrong.length > 0) return registerForm(context, body, wrong, 400);
        try {
          await service.register(body, callerOf(context));
          return mailSent(context, context.words.t("register"));
        } catch (error) {
          const { status, errors } = shown(error);
          return registerForm(context, body, errors, status);
        }
      },
    }),
    defineRoute({
      ...head,
      method: "get",
      path: "/forgot",
      summary: "Ask for a new password",
      handle: ({ context }) => forgotForm(context),
    }),
    defineRoute({
      ...head,
      method: "post",
      path: "/forgot",
      summary: "Ask for a new password",
      body: z.object({ email: text }),
      handle: async ({ context, body }) => {
        const wrong = missing({ email: body.email });
        if (wrong.length > 0) return forgotForm(context, wrong, 400);
        try {
          await service.requestReset(body.email, callerOf(context));
          return mailSent(context, context.words.t("resetPassword"));
        } catch (error) {
          const { status, errors } = shown(error);
          return forgotForm(context, errors, status);
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
        handle: ({ context, query }) => tokenForm(kind, context, query.token),
      }),
      defineRoute({
        ...head,
        method: "post",
        path: `/${kind}`,
        summary: `Uses a mailed link (${kind})`,
        body: z.object({ token: text, password: text }),
        handle: async ({ context, body }) => {
          try {
            await service[kind](body, callerOf(context));
            return seeOther(kind === "verify" ? "/account?done=verified" : "/login?done=resetDone");
          } catch (error) {
            const { status, errors } = shown(error);
            return tokenForm(kind, context, body.token, errors, status);
          }
        },
      }),
    ]),
  ];
}
