import { z } from "zod";
import { form, type Refused } from "../html/form.ts";
import { formErrors } from "../html/form-errors.ts";
import { html } from "../html/html.ts";
import type { Pages } from "../html/page.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { nameField } from "./account-schemas.ts";
import { callerOf } from "./caller.ts";
import { codeExpired } from "./credentials.ts";
import { pageAnswers, text, typedEmail, wrong } from "./form-values.ts";
import type { InvitationService } from "./invitation-service.ts";
import { behindLink, openLink } from "./mailed-link.ts";
import { newAccountFields } from "./new-account-fields.ts";

const kind = "invitation";

/** The page behind an invitation. Nothing happens by opening it: mail scanners do that too. */
export function invitationPage(service: InvitationService, pages: Pages): Route[] {
  const page = (
    context: RequestContext,
    values: { readonly name: string; readonly email: string },
    { errors = [], status = 200 }: Refused = {},
  ) => {
    const { t } = context.words;
    const fields = newAccountFields(context, values, errors, t("invitedEmailHint"));
    const body = html`<p>${t("invitedText")}</p>
      ${form(context, { action: "/invitation", submit: t("openAccount"), fields, errors })}`;
    return { status, html: pages.render(context, { title: t("openAccount"), body }) };
  };

  const head = { kind: "page", access: "public", path: "/invitation", answers: pageAnswers } as const;
  return [
    defineRoute({
      ...head,
      method: "get",
      summary: "The form behind an invitation's link",
      query: z.object({ token: text }),
      handle: ({ context, query }) =>
        openLink(kind, context, query.token, () => page(context, { name: "", email: "" })),
    }),
    defineRoute({
      ...head,
      method: "post",
      summary: "Opens the account of an invited address",
      body: z.object({ name: text, email: text, password: text }),
      handle: async ({ context, body, response }) => {
        const errors = wrong({ name: nameField, email: typedEmail }, body);
        if (errors.length > 0) return behindLink(page(context, body, { errors, status: 400 }));
        try {
          const token = context.visitor.link(kind);
          if (token === undefined) throw codeExpired("Open the link of the invitation again.");
          const input = { token, email: typedEmail.parse(body.email), name: nameField.parse(body.name) };
          await service.accept({ ...input, password: body.password }, callerOf(context));
          context.visitor.forgetLink(kind);
          return seeOther("/account?done=accountOpened");
        } catch (error) {
          return behindLink(page(context, body, formErrors(error, response)));
        }
      },
    }),
  ];
}
