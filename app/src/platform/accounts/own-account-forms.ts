import { renderSVG } from "uqr";
import { form, input, problemOf, type Refused } from "../html/form.ts";
import { html, type Content } from "../html/html.ts";
import { type Pages, tokenInput } from "../html/page.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { Reply } from "../http/route.ts";
import type { FieldProblem } from "../problems/define-problem.ts";
import type { AccountService } from "./account-service.ts";
import { sessionTable } from "./session-table.ts";
import { totpAddress } from "./totp.ts";

/** The pages of one's own account, with what is wrong with what was typed. */
export function createOwnAccountForms(service: AccountService, pages: Pages, issuer: string) {
  const page = (context: RequestContext, title: string, body: Content, status = 200): Reply => ({
    status,
    html: pages.render(context, { title, body }),
  });
  const passwordInput = (context: RequestContext, name: string, errors: readonly FieldProblem[]) =>
    input({
      name,
      type: "password",
      label: context.words.t("currentPassword"),
      required: true,
      autocomplete: "current-password",
      problem: problemOf(errors, name),
    });

  const overview = async (context: RequestContext): Promise<Reply> => {
    const { t } = context.words;
    const session = context.session();
    const { person } = session;
    const factor = person.hasSecondFactor
      ? html`<p>${t("secondFactorOn")}</p>
          <p class="buttons">
            <a class="button" href="/account/second-factor/codes">${t("recoveryCodes")}</a>
            <a class="button" href="/account/second-factor/off">${t("secondFactorStop")}</a>
          </p>`
      : html`<p>${t("secondFactorOff")}</p>
          <p class="buttons">
            <a class="button" href="/account/second-factor">${t("secondFactorStart")}</a>
          </p>`;
    const body = html`<dl class="facts">
        <dt>${t("name")}</dt>
        <dd>${person.name}</dd>
        <dt>${t("email")}</dt>
        <dd>${person.email}</dd>
        <dt>${t("role")}</dt>
        <dd>${person.role}</dd>
      </dl>
      <section>
        <h2>${t("password")}</h2>
        <p class="buttons"><a class="button" href="/account/password">${t("change")}</a></p>
      </section>
      <section>
        <h2>${t("secondFactor")}</h2>
        ${factor}
      </section>
      <section>
        <h2>${t("openSessions")}</h2>
        ${sessionTable(context, await service.listSessions(session), (id) => `/account/sessions/${id}/end`)}
        <form method="post" action="/account/sessions/end">
          ${tokenInput(context)}<button class="danger">${t("signOutEverywhere")}</button>
        </form>
      </section>`;
    return page(context, t("account"), body);
  };

  const passwordForm = (context: RequestContext, { errors = [], status = 200 }: Refused = {}) => {
    const { t } = context.words;
    const fields = [
      passwordInput(context, "current", errors),
      input({
        name: "password",
        type: "password",
        label: t("newPassword"),
        hint: t("passwordHint"),
        required: true,
        autocomplete: "new-password",
        problem: problemOf(errors, "password"),
      }),
    ];
    return page(
      context,
      t("newPassword"),
      form(context, {
        action: "/account/password",
        submit: t("save"),
        fields,
        errors,
        cancel: { address: "/account", label: t("cancel") },
      }),
      status,
    );
  };

  /** A form that asks for the password before the second factor is changed. */
  const confirmForm = (
    context: RequestContext,
    action: string,
    title: string,
    { errors = [], status = 200 }: Refused = {},
  ) =>
    page(
      context,
      title,
      form(context, {
        action,
        submit: title,
        fields: passwordInput(context, "password", errors),
        errors,
        cancel: { address: "/account", label: context.words.t("cancel") },
      }),
      status,
    );

  const scanForm = (
    context: RequestContext,
    secret: string,
    email: string,
    { errors = [], status = 200 }: Refused = {},
  ) => {
    const { t } = context.words;
    const picture = Buffer.from(renderSVG(totpAddress(secret, issuer, email))).toString("base64");
    const fields = input({
      name: "code",
      label: t("code"),
      required: true,
      autocomplete: "one-time-code",
      inputmode: "numeric",
    });
    const body = [
      html`<p>${t("secondFactorScan")}</p>
        <p><img class="qr" width="220" height="220" alt="QR" src="data:image/svg+xml;base64,${picture}" /></p>
        <p><code>${secret}</code></p>`,
      form(context, {
        action: "/account/second-factor/confirm",
        submit: t("secondFactorStart"),
        fields,
        errors,
      }),
    ];
    return page(context, t("secondFactor"), body, status);
  };

  const codeList = (context: RequestContext, codes: readonly string[]) => {
    const { t } = context.words;
    const body = html`<p>${t("recoveryCodesText")}</p>
      <ul class="codes">
        ${codes.map((code) => html`<li><code>${code}</code></li>`)}
      </ul>
      <p><a class="button" href="/account">${t("back")}</a></p>`;
    return page(context, t("recoveryCodes"), body);
  };

  return { overview, passwordForm, confirmForm, scanForm, codeList };
}
