import { form, input, problemOf, type Refused } from "../html/form.ts";
import { html, type Content } from "../html/html.ts";
import type { Pages } from "../html/page.ts";
import type { RequestContext } from "../http/request-context.ts";
import { codeMinutes } from "./account-store.ts";
import type { RegistrationPolicy } from "./invitation-service.ts";
import { newAccountFields } from "./new-account-fields.ts";

/**
 * The pages of registering and signing in, with what was typed and what is wrong with it.
 *
 * @param offers what visitors may ask for by themselves; nothing else is linked to.
 */
export function createSignInForms(
  pages: Pages,
  offers: { readonly registration: boolean; readonly reset: boolean },
) {
  const page = (context: RequestContext, title: string, body: Content, status = 200) => ({
    status,
    html: pages.render(context, { title, body }),
  });

  const loginForm = (
    context: RequestContext,
    { next, email = "" }: { readonly next: string; readonly email?: string },
    { errors = [], status = 200 }: Refused = {},
  ) => {
    const { t } = context.words;
    const fields = [
      html`<input type="hidden" name="next" value="${next}" />`,
      input({
        name: "email",
        type: "email",
        label: t("email"),
        value: email,
        required: true,
        autocomplete: "username",
        problem: problemOf(errors, "email"),
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
      offers.reset && html`<p><a href="/forgot">${t("forgotPassword")}</a></p>`,
      offers.registration && html`<p><a href="/register">${t("register")}</a></p>`,
    ];
    return page(context, t("signIn"), body, status);
  };

  const codeForm = (context: RequestContext, next: string, { errors = [], status = 200 }: Refused = {}) => {
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
    { errors = [], status = 200 }: Refused = {},
  ) => {
    const { t } = context.words;
    const fields = newAccountFields(context, values, errors);
    const body = [
      form(context, { action: "/register", submit: t("register"), fields, errors }),
      html`<p>${t("registerText")} <a href="/login">${t("signIn")}</a></p>`,
    ];
    return page(context, t("register"), body, status);
  };

  /** Why people cannot register by themselves; undefined where they can. */
  const noRegistration = (context: RequestContext, policy: RegistrationPolicy) => {
    if (policy === "open") return undefined;
    const { t } = context.words;
    const reason = t(policy === "invited" ? "invitationNeeded" : "registrationClosed");
    return page(context, t("register"), html`<p>${reason}</p>`, 403);
  };

  const mailSent = (context: RequestContext, title: string) =>
    page(
      context,
      title,
      html`<p class="notice" role="status">${context.words.t("mailSent", { minutes: codeMinutes })}</p>`,
    );

  const forgotForm = (context: RequestContext, { errors = [], status = 200 }: Refused = {}) => {
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
    { errors = [], status = 200 }: Refused = {},
  ) => {
    const { t } = context.words;
    const verify = kind === "verify";
    const title = t(verify ? "confirmEmail" : "resetPassword");
    const fields = [
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

  return { loginForm, codeForm, registerForm, noRegistration, mailSent, forgotForm, tokenForm };
}
