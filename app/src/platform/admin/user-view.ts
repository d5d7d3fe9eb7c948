import { sessionTable } from "../accounts/session-table.ts";
import { form, input, labelled, select } from "../html/form.ts";
import { html, type Content, type Markup } from "../html/html.ts";
import { tokenInput } from "../html/page.ts";
import { tableOrNone } from "../html/table.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { FieldProblem } from "../problems/define-problem.ts";
import type { SessionListing } from "../sessions/session-store.ts";
import { roles } from "../sessions/session.ts";
import { queryOf } from "./admin-frame.ts";
import { mayBeViewedAs, type UserListing } from "./user-store.ts";

/** Place of the users in the admin interface. */
export const usersPath = "/admin/users";

/** Words of the roles. */
export const roleText = { user: "roleUser", staff: "roleStaff", admin: "roleAdmin" } as const;

/** The table of users. */
export function userTable({ words }: RequestContext, rows: readonly UserListing[]): Markup {
  const { t, dateTime } = words;
  const role = (user: UserListing) =>
    html`${t(roleText[user.role])}${user.disabled_at && html` <span class="tag">${t("disabled")}</span>`}`;
  return tableOrNone(
    words,
    [
      {
        heading: t("name"),
        names: true,
        cell: (user) => html`<a href="${usersPath}/${user.id}">${user.name}</a>`,
      },
      { heading: t("email"), cell: (user) => user.email },
      { heading: t("role"), cell: role },
      { heading: t("secondFactor"), cell: (user) => t(user.totp_confirmed_at ? "yes" : "no") },
      { heading: t("created"), className: "quiet", cell: (user) => dateTime(user.created_at) },
    ],
    rows,
    { label: t("users"), className: "list" },
  );
}

/** The form that changes a user. */
function userForm(
  context: RequestContext,
  user: UserListing,
  rights: Content,
  errors: readonly FieldProblem[],
): Markup {
  const { t } = context.words;
  const fields = [
    input({ name: "name", label: t("name"), value: user.name, required: true }),
    select(
      { name: "role", label: t("role"), value: user.role },
      roles.map((role) => [role, t(roleText[role])]),
    ),
    labelled(
      { name: "disabled", label: t("disabled"), hint: t("disabledHint") },
      (attributes) =>
        html`<input ${attributes} type="checkbox" value="yes" ${user.disabled_at && html` checked`} />`,
    ),
    rights,
  ];
  return form(context, {
    action: `${usersPath}/${user.id}`,
    submit: t("save"),
    fields,
    errors,
    cancel: { address: usersPath, label: t("back") },
  });
}

interface UserDetails {
  readonly user: UserListing;
  /** The fields with groups and rights. */
  readonly rights: Content;
  readonly sessions: readonly SessionListing[];
  readonly errors: readonly FieldProblem[];
  /** Whether a link to set a password can be mailed. */
  readonly mayReset: boolean;
}

/** One user: what can be changed, and the open sessions. */
export function userDetails(
  context: RequestContext,
  { user, rights, sessions, errors, mayReset }: UserDetails,
): Content {
  const { t, dateTime } = context.words;
  return html`<p class="quiet">${user.email} · ${t("created").toLowerCase()} ${dateTime(user.created_at)}</p>
    ${userForm(context, user, rights, errors)}
    <section>
      <h2>${t("openSessions")}</h2>
      ${sessionTable(context, sessions, (id) => `${usersPath}/${user.id}/sessions/${id}/end`)}
    </section>
    <div class="buttons">
      ${
        mayReset &&
        html`<form method="post" action="${usersPath}/${user.id}/reset">
          ${tokenInput(context)}<button>${t("sendReset")}</button>
        </form>`
      }
      ${
        mayBeViewedAs(user) &&
        html`<form method="post" action="${usersPath}/${user.id}/view-as">
          ${tokenInput(context)}<button>${t("viewAs")}</button>
        </form>`
      }
      <a class="button danger" href="${usersPath}/${user.id}/delete">${t("delete")}</a>
    </div>
    <p><a href="/admin/audit${queryOf({ subject: user.email })}">${t("auditLog")}</a></p>`;
}
