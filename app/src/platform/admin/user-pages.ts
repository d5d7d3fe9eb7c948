import { z } from "zod";
import { callerOf } from "../accounts/caller.ts";
import { sessionTable } from "../accounts/session-table.ts";
import { form, input, labelled, select } from "../html/form.ts";
import { html } from "../html/html.ts";
import { levels } from "../sessions/session.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import type { FieldProblem } from "../problems/define-problem.ts";
import { notFound } from "../problems/problems.ts";
import { idParams } from "../resources/resource-api.ts";
import { roles, type Role } from "../sessions/session.ts";
import { type AdminDeps, adminPage, queryOf } from "./admin-frame.ts";
import { mediaResource } from "../storage/media-service.ts";
import { createUserStore, type UserListing } from "./user-store.ts";

const path = "/admin/users";
const roleText = { user: "roleUser", staff: "roleStaff", admin: "roleAdmin" } as const;
const levelText = { view: "levelView", edit: "levelEdit", delete: "levelDelete" } as const;

/** People: find, role, permissions, disable, end sessions. For admins only. */
export function userPages(deps: AdminDeps): Route[] {
  const users = createUserStore(deps.database);
  const { resources, sessions, audit } = deps.services;
  const answers = {
    200: { description: "A page", contentType: "text/html" },
    303: { description: "On" },
    404: { description: "No such user" },
  };
  const head = { kind: "page", access: "admin", answers } as const;

  /** What permissions are about: the modules' resources, and files. */
  const permitted = ({ words: { pick, t } }: RequestContext) => [
    ...[...resources.values()].map(({ resource }) => ({
      name: resource.name,
      label: pick(resource.label.many),
    })),
    { name: mediaResource, label: t("media") },
  ];

  const find = async (id: number): Promise<UserListing> => {
    const user = await users.find(id);
    if (!user) throw notFound(`There is no user ${id}.`);
    return user;
  };

  const userPage = async (
    context: RequestContext,
    user: UserListing,
    errors: readonly FieldProblem[] = [],
    status = 200,
  ) => {
    const { t, dateTime } = context.words;
    const held = await users.permissionsOf(user.id);
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
      html`<fieldset>
        <legend>${t("permissions")}</legend>
        <p class="hint">${t("permissionsHint")}</p>
        ${permitted(context).map(({ name, label }) =>
          select({ name: `may-${name}`, label, value: held[name] ?? "" }, [
            ["", t("noPermission")],
            ...levels.map((level) => [level, t(levelText[level])] as const),
          ]),
        )}
      </fieldset>`,
    ];
    const body = html`<p class="quiet">
        ${user.email} · ${t("created").toLowerCase()} ${dateTime(user.created_at)}
      </p>
      ${form(context, { action: `${path}/${user.id}`, submit: t("save"), fields, errors, cancel: { address: path, label: t("back") } })}
      <section>
        <h2>${t("openSessions")}</h2>
        ${sessionTable(context, await sessions.listOf(user.id), (id) => `${path}/${user.id}/sessions/${id}/end`)}
      </section>
      <p><a href="/admin/audit${queryOf({ subject: user.email })}">${t("auditLog")}</a></p>`;
    return adminPage(deps, context, path, user.name, body, status);
  };

  return [
    defineRoute({
      ...head,
      method: "get",
      path,
      summary: "List of users",
      query: z.object({
        search: z.string().max(200).optional(),
        after: z.coerce.number().int().positive().optional(),
        done: z.string().optional(),
      }),
      handle: async ({ context, query }) => {
        const { t, dateTime } = context.words;
        const { rows, next } = await users.list(query.search, query.after);
        const body = html`<form class="tools" method="get" action="${path}" role="search">
            <div>
              <label for="search">${t("search")}</label
              ><input id="search" type="search" name="search" value="${query.search ?? ""}" />
            </div>
            <button>${t("apply")}</button>
          </form>
          ${
            rows.length === 0
              ? html`<p class="empty">${t("none")}</p>`
              : html`<div class="scroll" tabindex="0" role="region" aria-label="${t("users")}">
                  <table class="list">
                    <thead>
                      <tr>
                        <th scope="col">${t("name")}</th>
                        <th scope="col">${t("email")}</th>
                        <th scope="col">${t("role")}</th>
                        <th scope="col">${t("secondFactor")}</th>
                        <th scope="col">${t("created")}</th>
                      </tr>
                    </thead>
                    <tbody>
                      ${rows.map(
                        (user) =>
                          html`<tr>
                            <th scope="row"><a href="${path}/${user.id}">${user.name}</a></th>
                            <td>${user.email}</td>
                            <td>
                              ${t(roleText[user.role])}${user.disabled_at && html` <span class="tag">${t("disabled")}</span>`}
                            </td>
                            <td>${t(user.totp_confirmed_at ? "yes" : "no")}</td>
                            <td class="quiet">${dateTime(user.created_at)}</td>
                          </tr>`,
                      )}
                    </tbody>
                  </table>
                </div>`
          }
          <nav class="pager" aria-label="${t("next")}">
            ${next !== undefined && html`<a class="button" rel="next" href="${path}${queryOf({ search: query.search, after: String(next) })}">${t("next")}</a>`}
          </nav>`;
        return adminPage(deps, context, path, t("users"), body);
      },
    }),
    defineRoute({
      ...head,
      method: "get",
      path: `${path}/:id`,
      summary: "One user",
      params: idParams,
      handle: async ({ context, params }) => userPage(context, await find(params.id)),
    }),
    defineRoute({
      ...head,
      method: "post",
      path: `${path}/:id`,
      summary: "Change a user",
      params: idParams,
      body: z.looseObject({
        name: z.string().trim().min(1).max(200),
        role: z.enum(roles),
        disabled: z.literal("yes").optional(),
      }),
      handle: async ({ context, params, body }) => {
        const user = await find(params.id);
        const { person } = context.session();
        const role: Role = body.role;
        if (user.id === person.id && (role !== "admin" || body.disabled)) {
          const message = "You cannot take your own rights away: ask another administrator.";
          return userPage(context, user, [{ in: "body", field: "role", message }], 400);
        }
        const permissions = permitted(context).flatMap(({ name: resource }) => {
          const level = levels.find((name) => name === body[`may-${resource}`]);
          return level ? [{ resource, level }] : [];
        });
        await users.change(user.id, {
          name: body.name,
          role,
          disabled: body.disabled === "yes",
          permissions,
        });
        const details = { role, disabled: body.disabled === "yes", permissions };
        await audit(
          { event: "user-changed", actorId: person.id, subject: user.email, details },
          callerOf(context),
        );
        return seeOther(`${path}/${user.id}?done=saved`);
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: `${path}/:id/sessions/:session/end`,
      summary: "End a session of a user",
      params: idParams.extend({ session: idParams.shape.id }),
      body: z.object({}),
      handle: async ({ context, params }) => {
        const user = await find(params.id);
        if (!(await sessions.end(user.id, params.session))) throw notFound("There is no such session.");
        await audit(
          { event: "session-ended", actorId: context.session().person.id, subject: user.email },
          callerOf(context),
        );
        return seeOther(`${path}/${user.id}?done=sessionEnded`);
      },
    }),
  ];
}
