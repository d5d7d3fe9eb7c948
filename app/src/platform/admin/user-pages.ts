import { z } from "zod";
import { callerOf } from "../accounts/caller.ts";
import type { Refused } from "../html/form.ts";
import { html } from "../html/html.ts";
import { searchField, searchForm } from "../html/search-form.ts";
import { pager } from "../html/table.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { notFound } from "../problems/problems.ts";
import { idParams } from "../resources/resource-api.ts";
import { roles } from "../sessions/session.ts";
import { type AdminDeps, adminPage, queryOf } from "./admin-frame.ts";
import { createGroupStore } from "./group-store.ts";
import { groupFields, groupsIn, rightsFields, rightsIn, rightsSize } from "./rights-view.ts";
import { createUserStore, type UserListing } from "./user-store.ts";
import { userDetails, usersPath as path, userTable } from "./user-view.ts";

const head = {
  kind: "page",
  access: "admin",
  answers: {
    200: { description: "A page", contentType: "text/html" },
    303: { description: "On" },
    404: { description: "No such user" },
  },
} as const;

const userBody = z.looseObject({
  name: z.string().trim().min(1).max(200),
  role: z.enum(roles),
  disabled: z.literal("yes").optional(),
});

/** People: find, role, permissions, disable, end sessions. For admins only. */
export function userPages(deps: AdminDeps): Route[] {
  const users = createUserStore(deps.database);
  const groups = createGroupStore(deps.database);
  const { sessions, audit } = deps.services;

  const find = async (id: number): Promise<UserListing> => {
    const user = await users.find(id);
    if (!user) throw notFound(`There is no user ${id}.`);
    return user;
  };

  const userPage = async (
    context: RequestContext,
    user: UserListing,
    { errors = [], status = 200 }: Refused = {},
  ) => {
    const { t } = context.words;
    const { own, byGroups } = await users.rightsOf(user.id);
    const member = await groups.ofUser(user.id);
    const body = userDetails(context, {
      user,
      rights: [
        groupFields(context, await groups.all(), member, t("groupsHint")),
        rightsFields(deps.services, context, own, t("permissionsHint"), byGroups),
      ],
      sessions: await sessions.listOf(user.id),
      errors,
      mayReset: deps.services.account.offers.reset && user.disabled_at === null,
    });
    return adminPage(deps, context, { here: path, title: user.name, body, status });
  };

  const list = defineRoute({
    ...head,
    method: "get",
    path,
    summary: "List of users",
    query: z.object({
      search: z.string().max(200).optional(),
      after: z.coerce.number().int().positive().optional(),
      done: z.string().optional(),
    }),
    handle: async ({ context, query: { search, after } }) => {
      const { words } = context;
      const { rows, next } = await users.list(search, after);
      const body = html`<p class="buttons">
          <a class="button primary" href="${path}/new">${words.t("createUser")}</a>
        </p>
        ${searchForm(words, { action: path, fields: [searchField(words, search)] })}
        ${userTable(context, rows)}
        ${pager(words, (cursor) => path + queryOf({ search, after: cursor }), { next })}`;
      return adminPage(deps, context, { here: path, title: words.t("users"), body });
    },
  });

  const show = defineRoute({
    ...head,
    method: "get",
    path: `${path}/:id`,
    summary: "One user",
    params: idParams,
    handle: async ({ context, params }) => userPage(context, await find(params.id)),
  });

  const change = defineRoute({
    ...head,
    method: "post",
    path: `${path}/:id`,
    summary: "Change a user",
    params: idParams,
    body: userBody,
    formSize: rightsSize,
    handle: async ({ context, params, body }) => {
      const user = await find(params.id);
      const { person } = context.session();
      const { name, role } = body;
      const disabled = body.disabled === "yes";
      if (user.id === person.id && (role !== "admin" || disabled)) {
        const message = context.words.t("notYourself");
        return userPage(context, user, { errors: [{ in: "body", field: "role", message }], status: 400 });
      }
      const rights = rightsIn(deps.services, context, body);
      const all = await groups.all();
      const member = groupsIn(body, all);
      await users.change(user.id, { name, role, disabled, rights, groups: member });
      const named = all.filter(({ id }) => member.includes(id)).map((group) => group.name);
      const details = { role, disabled, rights, groups: named };
      await audit(
        { event: "user-changed", actorId: person.id, subject: user.email, details },
        callerOf(context),
      );
      return seeOther(`${path}/${user.id}?done=saved`);
    },
  });

  const endSession = defineRoute({
    ...head,
    method: "post",
    path: `${path}/:id/sessions/:session/end`,
    summary: "End a session of a user",
    params: idParams.extend({ session: idParams.shape.id }),
    body: z.object({}),
    handle: async ({ context, params }) => {
      const user = await find(params.id);
      if (!(await sessions.end(user.id, params.session))) throw notFound("There is no such session.");
      const actorId = context.session().person.id;
      await audit({ event: "session-ended", actorId, subject: user.email }, callerOf(context));
      return seeOther(`${path}/${user.id}?done=sessionEnded`);
    },
  });

  return [list, show, change, endSession];
}
