import { renderSVG } from "uqr";
import { z } from "zod";
import { form, input, problemOf } from "../html/form.ts";
import { html, type Content, type Markup } from "../html/html.ts";
import { type Pages, tokenInput } from "../html/page.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Reply, type Route, seeOther } from "../http/route.ts";
import type { FieldProblem } from "../problems/define-problem.ts";
import { idParams } from "../resources/resource-api.ts";
import type { SessionListing } from "../sessions/session-store.ts";
import { callerOf } from "./account-api.ts";
import { pageAnswers, shown } from "./account-pages.ts";
import type { AccountService } from "./account-service.ts";
import type { SecondFactor } from "./second-factor.ts";
import { totpAddress } from "./totp.ts";

const text = z.string().max(2000).default("");

/** A table of sessions; `end` makes the address that ends one. */
export function sessionTable(
  context: RequestContext,
  sessions: readonly SessionListing[],
  end: (id: number) => string,
): Markup {
  const { t, dateTime } = context.words;
  const current = context.visitor.session?.id;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">${t("created")}</th>
          <th scope="col">${t("lastSeen")}</th>
          <th scope="col">${t("address")}</th>
          <th scope="col">${t("action")}</th>
        </tr>
      </thead>
      <tbody>
        ${sessions.map(
          (session) =>
            html`<tr>
              <td>${dateTime(session.created_at)}</td>
              <td>${dateTime(session.last_seen_at)}</td>
              <td>${session.address}<br /><span class="quiet small">${session.user_agent}</span></td>
              <td>
                ${
                  session.id === current
                    ? t("currentSession")
                    : html`<form method="post" action="${end(session.id)}">
                        ${tokenInput(context)}<button>${t("endSession")}</button>
                      </form>`
                }
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** The pages of one's own account: password, second factor, sessions. */
export function ownAccountPages(
  service: AccountService,
  secondFactor: SecondFactor,
  pages: Pages,
  issuer: string,
): Route[] {
  const page = (context: RequestContext, title: string, body: Content, status = 200): Reply => ({
    status,
    html: pages.render(context, { title, body }),
  });
  const passwordInput = (context: RequestContext, name: string, errors: readonly FieldProblem[] = []) =>
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

  const passwordForm = (context: RequestContext, errors: readonly FieldProblem[] = [], status = 200) => {
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

  /** A form that asks for the password before something touchy. */
  const confirmForm = (
    context: RequestContext,
    action: string,
    title: string,
    errors: readonly FieldProblem[] = [],
    status = 200,
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
    errors: readonly FieldProblem[] = [],
    status = 200,
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
      handle: ({ context }) => confirmForm(context, path, context.words.t(title)),
    }),
    defineRoute({
      ...head,
      method: "post",
      path,
      summary,
      body: z.object({ password: text }),
      handle: async ({ context, body }) => {
        try {
          return await act(context, body.password);
        } catch (error) {
          const { status, errors } = shown(error);
          return confirmForm(context, path, context.words.t(title), errors, status);
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
      handle: async ({ context, body }) => {
        try {
          await service.changePassword(context.session(), body, callerOf(context));
          return seeOther("/account?done=passwordChanged");
        } catch (error) {
          const { status, errors } = shown(error);
          return passwordForm(context, errors, status);
        }
      },
    }),
    ...guarded(
      "/account/second-factor",
      "Begin a second factor",
      "secondFactorStart",
      async (context, password) => {
        const { secret, email } = await secondFactor.begin(context.session(), password);
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
      summary: "Turn the second factor on",
      body: z.object({ code: text }),
      handle: async ({ context, body }) => {
        const session = context.session();
        try {
          return codeList(context, await secondFactor.confirm(session, body.code, callerOf(context)));
        } catch (error) {
          const { status, errors } = shown(error);
          const secret = await secondFactor.pending(session);
          return secret === undefined
            ? seeOther("/account")
            : scanForm(context, secret, session.person.email, errors, status);
        }
      },
    }),
  ];
}
