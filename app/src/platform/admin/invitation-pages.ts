import { z } from "zod";
import { callerOf } from "../accounts/caller.ts";
import { typedEmail, wrong } from "../accounts/form-values.ts";
import { invitationResource } from "../accounts/invitation-service.ts";
import type { Invitation } from "../accounts/invitation-store.ts";
import { form, input, problemOf, type Refused } from "../html/form.ts";
import { formErrors } from "../html/form-errors.ts";
import { html, type Markup } from "../html/html.ts";
import { tokenInput } from "../html/page.ts";
import { pager, tableOrNone } from "../html/table.ts";
import { mayTouch } from "../http/access.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { idParams } from "../resources/resource-api.ts";
import { createGroupStore } from "./group-store.ts";
import { groupFields, groupsIn, rightsSize } from "./rights-view.ts";
import { type AdminDeps, adminPage, queryOf } from "./admin-frame.ts";

export const invitationsPath = "/admin/invitations";

const path = invitationsPath;
const head = {
  kind: "page",
  answers: {
    200: { description: "A page", contentType: "text/html" },
    303: { description: "On" },
    404: { description: "No such invitation" },
  },
} as const;
const may = (action: "view" | "add" | "delete") => ({ resource: invitationResource, action });

function invitationTable(context: RequestContext, rows: readonly Invitation[], now: number): Markup {
  const { t, dateTime } = context.words;
  const mayRevoke = mayTouch(context.session().person, invitationResource, "delete");
  const revoke = ({ id }: Invitation) =>
    html`<form method="post" action="${path}/${id}/revoke">
      ${tokenInput(context)}<button>${t("revoke")}</button>
    </form>`;
  const until = ({ expires_at: end }: Invitation) =>
    html`${dateTime(end)}${end.getTime() <= now && html` <span class="tag">${t("ended")}</span>`}`;
  return tableOrNone(
    context.words,
    [
      { heading: t("email"), names: true, cell: ({ email }) => email },
      { heading: t("groups"), cell: ({ groups }) => groups.join(", ") },
      { heading: t("goodUntil"), cell: until },
      { heading: t("who"), cell: ({ inviter }) => inviter ?? t("nobody") },
      { heading: t("created"), className: "quiet", cell: (row) => dateTime(row.created_at) },
      ...(mayRevoke ? [{ heading: t("action"), cell: revoke }] : []),
    ],
    rows,
    { label: t("invitations"), className: "list" },
  );
}

interface Shown {
  /** Cursor of the page. */
  readonly after?: number | undefined;
  /** Address that opens a new invitation which no mail brings. */
  readonly link?: string;
  readonly email?: string;
  /** Groups that are ticked. */
  readonly chosen?: readonly number[];
}

/** Invitations: send, list, revoke. For admins, and staff with the right. */
export function invitationPages(deps: AdminDeps): Route[] {
  const { invitations } = deps.services;
  const groups = createGroupStore(deps.database);

  const listPage = async (
    context: RequestContext,
    { after, link, email = "", chosen = [] }: Shown,
    { errors = [], status = 200 }: Refused = {},
  ) => {
    const { words } = context;
    const { t } = words;
    const { rows, next } = await invitations.list(after);
    const mayInvite = invitations.offered && mayTouch(context.session().person, invitationResource, "add");
    const field = input({
      name: "email",
      type: "email",
      label: t("email"),
      value: email,
      required: true,
      problem: problemOf(errors, "email"),
    });
    const given = context.session().person.role === "admin" ? await groups.all() : [];
    const fields = [field, groupFields(context, given, chosen, t("groupsInviteHint"))];
    const body = html`${!invitations.offered && html`<p>${t("registrationClosed")}</p>`}
    ${
      link !== undefined &&
      html`<p class="notice" role="status">${t("invitationLink")}<br /><code>${link}</code></p>`
    }
    ${mayInvite && form(context, { action: path, submit: t("invite"), fields, errors })}
    ${invitationTable(context, rows, Date.now())}
    ${pager(words, (cursor) => path + queryOf({ after: cursor }), { next })}`;
    return adminPage(deps, context, { here: path, title: t("invitations"), body, status });
  };

  const list = defineRoute({
    ...head,
    access: may("view"),
    method: "get",
    path,
    summary: "List of invitations",
    query: z.object({ after: idParams.shape.id.optional(), done: z.string().optional() }),
    handle: ({ context, query: { after } }) => listPage(context, { after }),
  });

  const invite = defineRoute({
    ...head,
    access: may("add"),
    method: "post",
    path,
    summary: "Invite an address",
    body: z.looseObject({ email: z.string().max(2000).default("") }),
    formSize: rightsSize,
    handle: async ({ context, body, response }) => {
      const { person } = context.session();
      const chosen = person.role === "admin" ? groupsIn(body, await groups.all()) : [];
      const shown = { email: body.email, chosen };
      const errors = wrong({ email: typedEmail }, { email: body.email });
      if (errors.length > 0) return listPage(context, shown, { errors, status: 400 });
      try {
        const email = typedEmail.parse(body.email);
        const { link } = await invitations.invite(email, person, callerOf(context), { groups: chosen });
        return link === undefined ? seeOther(`${path}?done=invited`) : await listPage(context, { link });
      } catch (error) {
        return listPage(context, shown, formErrors(error, response));
      }
    },
  });

  const revoke = defineRoute({
    ...head,
    access: may("delete"),
    method: "post",
    path: `${path}/:id/revoke`,
    summary: "Revoke an invitation",
    params: idParams,
    body: z.object({}),
    handle: async ({ context, params }) => {
      await invitations.revoke(params.id, context.session().person, callerOf(context));
      return seeOther(`${path}?done=revoked`);
    },
  });

  return [list, invite, revoke];
}
