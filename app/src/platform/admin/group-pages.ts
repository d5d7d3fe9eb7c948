import { z } from "zod";
import { callerOf } from "../accounts/caller.ts";
import { form, input, problemOf, type Refused } from "../html/form.ts";
import { html } from "../html/html.ts";
import { tableOrNone } from "../html/table.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { notFound } from "../problems/problems.ts";
import { idParams } from "../resources/resource-api.ts";
import type { Rights } from "../sessions/session.ts";
import { type AdminDeps, adminPage } from "./admin-frame.ts";
import { createGroupStore } from "./group-store.ts";
import { rightsFields, rightsIn, rightsSize, rightsText } from "./rights-view.ts";
import { usersPath } from "./user-view.ts";

const path = "/admin/groups";
const head = {
  kind: "page",
  access: "admin",
  answers: {
    200: { description: "A page", contentType: "text/html" },
    303: { description: "On" },
    404: { description: "No such group" },
  },
} as const;

const groupName = z.string().trim().min(1).max(100);
const groupBody = z.looseObject({ name: z.string().max(2000).default("") });

/** Groups: what their members may do. For admins only. */
export function groupPages(deps: AdminDeps): Route[] {
  const groups = createGroupStore(deps.database);
  const { audit } = deps.services;

  const find = async (id: number) => {
    const group = await groups.find(id);
    if (!group) throw notFound(`There is no group ${id}.`);
    return group;
  };

  const formPage = async (
    context: RequestContext,
    shown: { readonly id?: number; readonly name: string; readonly rights: Rights },
    { errors = [], status = 200 }: Refused = {},
  ) => {
    const { t } = context.words;
    const { id, name, rights } = shown;
    const fields = [
      input({
        name: "name",
        label: t("groupName"),
        value: name,
        required: true,
        problem: problemOf(errors, "name"),
      }),
      rightsFields(deps.services, context, rights, t("groupRightsHint")),
    ];
    const members = id === undefined ? [] : await groups.members(id);
    const body = html`${form(context, {
      action: id === undefined ? `${path}/new` : `${path}/${id}`,
      submit: t(id === undefined ? "create" : "save"),
      fields,
      errors,
      cancel: { address: path, label: t("back") },
    })}
    ${
      id !== undefined &&
      html`<section>
          <h2>${t("members")}</h2>
          ${tableOrNone(
            context.words,
            [
              {
                heading: t("name"),
                names: true,
                cell: (user) => html`<a href="${usersPath}/${user.id}">${user.name}</a>`,
              },
              { heading: t("email"), cell: (user) => user.email },
            ],
            members,
            { label: t("members"), className: "list" },
          )}
        </section>
        <p class="buttons"><a class="button danger" href="${path}/${id}/delete">${t("delete")}</a></p>`
    }`;
    const title = id === undefined ? t("createGroup") : (await find(id)).name;
    return adminPage(deps, context, { here: path, title, body, status });
  };

  /** What a form brings, or the page that says what is wrong with it. */
  const given = (context: RequestContext, body: z.output<typeof groupBody>) => {
    const name = groupName.safeParse(body.name);
    const rights = rightsIn(deps.services, context, body);
    return { name: name.data, rights };
  };

  const refuse = (
    context: RequestContext,
    shown: { readonly id?: number; readonly name: string; readonly rights: Rights },
    status: 400 | 409,
  ) => {
    const message =
      status === 409
        ? context.words.t("taken")
        : context.words.t(shown.name.trim() === "" ? "issueMissing" : "issueTooLong", { count: 100 });
    return formPage(context, shown, { errors: [{ in: "body", field: "name", message }], status });
  };

  const list = defineRoute({
    ...head,
    method: "get",
    path,
    summary: "List of groups",
    handle: async ({ context }) => {
      const { words } = context;
      const { t } = words;
      const body = html`<p>${t("groupsText")}</p>
        <p class="buttons"><a class="button primary" href="${path}/new">${t("createGroup")}</a></p>
        ${tableOrNone(
          words,
          [
            {
              heading: t("groupName"),
              names: true,
              cell: ({ id, name }) => html`<a href="${path}/${id}">${name}</a>`,
            },
            { heading: t("permissions"), cell: ({ rights }) => rightsText(deps.services, context, rights) },
            { heading: t("members"), cell: ({ members }) => words.number(members) },
          ],
          await groups.list(),
          { label: t("groups"), className: "list" },
        )}`;
      return adminPage(deps, context, { here: path, title: t("groups"), body });
    },
  });

  const newGroup = defineRoute({
    ...head,
    method: "get",
    path: `${path}/new`,
    summary: "Form for a new group",
    handle: ({ context }) => formPage(context, { name: "", rights: {} }),
  });

  const create = defineRoute({
    ...head,
    method: "post",
    path: `${path}/new`,
    keepsForm: true,
    summary: "Create a group",
    body: groupBody,
    formSize: rightsSize,
    handle: async ({ context, body }) => {
      const { name, rights } = given(context, body);
      const shown = { name: body.name, rights };
      if (name === undefined) return refuse(context, shown, 400);
      const id = await groups.create({ name, rights });
      if (id === undefined) return refuse(context, shown, 409);
      const actorId = context.session().person.id;
      await audit({ event: "group-created", actorId, subject: name, details: { rights } }, callerOf(context));
      return seeOther(`${path}/${id}?done=saved`);
    },
  });

  const show = defineRoute({
    ...head,
    method: "get",
    path: `${path}/:id`,
    summary: "One group",
    params: idParams,
    handle: async ({ context, params }) => formPage(context, await find(params.id)),
  });

  const change = defineRoute({
    ...head,
    method: "post",
    path: `${path}/:id`,
    keepsForm: true,
    summary: "Change a group",
    params: idParams,
    body: groupBody,
    formSize: rightsSize,
    handle: async ({ context, params, body }) => {
      const { id } = await find(params.id);
      const { name, rights } = given(context, body);
      const shown = { id, name: body.name, rights };
      if (name === undefined) return refuse(context, shown, 400);
      if (!(await groups.change(id, { name, rights }))) return refuse(context, shown, 409);
      const actorId = context.session().person.id;
      await audit({ event: "group-changed", actorId, subject: name, details: { rights } }, callerOf(context));
      return seeOther(`${path}/${id}?done=saved`);
    },
  });

  const ask = defineRoute({
    ...head,
    method: "get",
    path: `${path}/:id/delete`,
    summary: "Ask before deleting a group",
    params: idParams,
    handle: async ({ context, params }) => {
      const { t } = context.words;
      const { id, name } = await find(params.id);
      const body = form(context, {
        action: `${path}/${id}/delete`,
        submit: t("delete"),
        tone: "danger",
        fields: html`<p>${t("deleteGroupText")}</p>`,
        cancel: { address: `${path}/${id}`, label: t("cancel") },
      });
      return adminPage(deps, context, { here: path, title: t("confirmDelete", { name }), body });
    },
  });

  const remove = defineRoute({
    ...head,
    method: "post",
    path: `${path}/:id/delete`,
    summary: "Delete a group",
    params: idParams,
    body: z.object({}),
    handle: async ({ context, params }) => {
      const { id, name } = await find(params.id);
      await groups.delete(id);
      const actorId = context.session().person.id;
      await audit({ event: "group-deleted", actorId, subject: name }, callerOf(context));
      return seeOther(`${path}?done=deleted`);
    },
  });

  return [list, newGroup, create, show, change, ask, remove];
}
