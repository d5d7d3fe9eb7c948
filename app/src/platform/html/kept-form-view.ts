import type { Request, Response } from "express";
import { keptForm } from "../http/kept-form.ts";
import type { RequestContext } from "../http/request-context.ts";
import { form } from "./form.ts";
import { html, type Markup } from "./html.ts";

/**
 * The form that a refused request brought, to be sent again: nothing that was typed is lost when a
 * session ends meanwhile. It carries a token of the visitor as they are now; sending it is their
 * own click, as the first time.
 */
export function keptFormView(
  request: Request,
  response: Response,
  context: RequestContext,
): Markup | undefined {
  const values = keptForm(response);
  if (!values) return undefined;
  const { t } = context.words;
  const fields = Object.entries(values).flatMap(([name, value]) =>
    [value]
      .flat()
      .filter((text) => typeof text === "string")
      .map((text) => html`<input type="hidden" name="${name}" value="${text}" />`),
  );
  const signIn = context.visitor.session
    ? html`<p>${t("sessionIsNew")}</p>`
    : html`<p>${t("sessionIsOver")}</p>
        <p><a href="/login" target="_blank">${t("signIn")}</a></p>`;
  return html`${signIn} ${form(context, { action: request.originalUrl, submit: t("sendAgain"), fields })}`;
}
