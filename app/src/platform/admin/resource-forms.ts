import { z } from "zod";
import { form, problemOf } from "../html/form.ts";
import { html, type Markup } from "../html/html.ts";
import { mayTouch } from "../http/access.ts";
import type { RequestContext } from "../http/request-context.ts";
import { type Answer, defineRoute, type Reply, type Route, seeOther } from "../http/route.ts";
import { type FieldProblem, Problem } from "../problems/define-problem.ts";
import type { Change } from "../resources/change-log.ts";
import { idParams } from "../resources/resource-api.ts";
import type { Row } from "../resources/resource.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { type AdminDeps, adminPage } from "./admin-frame.ts";
import { editField, fromForm, showValue, toFormText } from "./field-view.ts";
import { loadReferences } from "./resource-list.ts";

const pageAnswer: Answer = { description: "A page", contentType: "text/html" };
const answers = {
  200: pageAnswer,
  303: { description: "On to the next page" },
  400: pageAnswer,
  404: pageAnswer,
  409: pageAnswer,
  412: pageAnswer,
};

/** Values of a form of any resource: text by name, checked by the resource's schema afterwards. */
const formBody = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
const changeText = { create: "created", update: "updated", delete: "deleted" } as const;

/** View, create, edit and delete of one row, and its history. */
export function resourceFormRoutes(deps: AdminDeps, service: ResourceService): Route[] {
  const { resource } = service;
  const path = `/admin/${resource.name}`;

  const fieldsOf = (
    context: RequestContext,
    text: (name: string) => string,
    errors: readonly FieldProblem[],
  ): Markup[] =>
    Object.entries(resource.fields).map(([name, field]) =>
      editField(name, field, text(name), context.words, problemOf(errors, name)),
    );

  /** Checks a form; every field's problem at once, in the visitor's language. */
  const checked = (context: RequestContext, body: Readonly<Record<string, unknown>>) => {
    const localized = context.words.locale === "ru" ? z.locales.ru() : z.locales.en();
    const parsed = resource.schema.safeParse(fromForm(resource, body), { error: localized.localeError });
    if (parsed.success) return { values: parsed.data, errors: [] };
    const errors = parsed.error.issues.map((issue): FieldProblem => ({
      in: "body",
      field: issue.path.map(String).join("."),
      message: issue.message,
    }));
    return { values: undefined, errors };
  };

  const history = (context: RequestContext, changes: readonly Change[]): Markup => {
    const { t, pick, dateTime } = context.words;
    const label = (name: string) => (resource.fields[name] ? pick(resource.fields[name].label) : name);
    return html`<section>
      <h2>${t("changes")}</h2>
      ${
        changes.length === 0
          ? html`<p class="empty">${t("none")}</p>`
          : html`<div class="scroll" tabindex="0" role="region" aria-label="${t("changes")}">
              <table>
                <thead>
                  <tr>
                    <th scope="col">${t("time")}</th>
                    <th scope="col">${t("who")}</th>
                    <th scope="col">${t("action")}</th>
                    <th scope="col">${t("details")}</th>
                  </tr>
                </thead>
                <tbody>
                  ${changes.map(
                    (change) =>
                      html`<tr>
                        <td>${dateTime(change.at)}</td>
                        <td>${change.actor ?? t("nobody")}</td>
                        <td>${t(changeText[change.action])}</td>
                        <td>
                          ${Object.entries(change.fields).map(([name, [before, after]]) => html`<div><b>${label(name)}</b>: ${before !== null && html`<del>${toFormText(before)}</del> → `}${toFormText(after)}</div>`)}
                        </td>
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>`
      }
    </section>`;
  };

  const createForm = (
    context: RequestContext,
    text: (name: string) => string,
    errors: readonly FieldProblem[] = [],
    status = 200,
  ) => {
    const { t, pick } = context.words;
    const cancel = { address: path, label: t("cancel") };
    const body = form(context, {
      action: `${path}/new`,
      submit: t("create"),
      fields: fieldsOf(context, text, errors),
      errors,
      cancel,
    });
    return adminPage(
      deps,
      context,
      path,
      `${pick(resource.label.one)}: ${t("create").toLowerCase()}`,
      body,
      status,
    );
  };

  const rowPage = async (
    context: RequestContext,
    row: Row,
    options: { text?: (name: string) => string; errors?: readonly FieldProblem[]; status?: number } = {},
  ): Promise<Reply> => {
    const { t, pick, dateTime } = context.words;
    const { person } = context.session();
    const { errors = [], status = 200, text = (name: string) => toFormText(row[name]) } = options;
    const cancel = { address: path, label: t("cancel") };
    const fields = [
      html`<input type="hidden" name="_version" value="${row.version}" />`,
      ...fieldsOf(context, text, errors),
    ];
    const references = await loadReferences(deps, resource, [row]);
    const content = mayTouch(person, resource.name, "edit")
      ? form(context, { action: `${path}/${row.id}`, submit: t("save"), fields, errors, cancel })
      : html`<dl class="facts">
          ${Object.entries(resource.fields).map(
            ([name, field]) =>
              html`<dt>${pick(field.label)}</dt>
                <dd>${showValue(field, row[name], context.words, references)}</dd>`,
          )}
        </dl>`;
    const body = html`<p class="quiet">
        ${pick(resource.label.one)} ${row.id} · ${t("created").toLowerCase()} ${dateTime(row.createdAt)} ·
        ${t("updated").toLowerCase()} ${dateTime(row.updatedAt)}
      </p>
      ${content}
      ${mayTouch(person, resource.name, "delete") && html`<p class="buttons"><a class="button danger" href="${path}/${row.id}/delete">${t("delete")}</a></p>`}
      ${history(context, await service.history(row.id))}`;
    return adminPage(deps, context, path, toFormText(row[resource.title]) || `#${row.id}`, body, status);
  };

  const confirmPage = (
    context: RequestContext,
    title: string,
    action: string,
    ids: readonly number[],
    errors: readonly FieldProblem[] = [],
    status = 200,
  ) => {
    const { t } = context.words;
    const fields = [
      html`<p>${t("confirmDeleteText")}</p>`,
      ids.map((id) => html`<input type="hidden" name="id" value="${id}" />`),
      html`<input type="hidden" name="confirmed" value="yes" />`,
    ];
    const body = form(context, {
      action,
      submit: t("delete"),
      tone: "danger",
      fields,
      errors,
      cancel: { address: path, label: t("cancel") },
    });
    return adminPage(deps, context, path, title, body, status);
  };

  const shown = (error: unknown): { status: number; errors: readonly FieldProblem[] } => {
    if (!(error instanceof Problem) || error.status >= 500 || error.status === 404) throw error;
    return {
      status: error.status,
      errors: error.errors ?? [{ in: "body", field: "", message: error.message }],
    };
  };

  const textOf = (body: Readonly<Record<string, unknown>>) => (name: string) =>
    typeof body[name] === "string" ? body[name] : "";
  const head = { kind: "page", answers } as const;
  const edit = { resource: resource.name, level: "edit" } as const;
  const remove = { resource: resource.name, level: "delete" } as const;

  return [
    defineRoute({
      ...head,
      method: "get",
      path: `${path}/new`,
      access: edit,
      summary: `Form for a new row of ${resource.name}`,
      // A link may fill fields in: /admin/visits/new?customerId=7.
      query: z.record(z.string(), z.string()),
      handle: ({ context, query }) => createForm(context, textOf(query)),
    }),
    defineRoute({
      ...head,
      method: "post",
      path: `${path}/new`,
      access: edit,
      summary: `Create a row of ${resource.name}`,
      body: formBody,
      handle: async ({ context, body }) => {
        const { values, errors } = checked(context, body);
        if (!values) return createForm(context, textOf(body), errors, 400);
        try {
          const row = await service.create(values, context.session().person.id);
          return seeOther(`${path}/${row.id}?done=saved`);
        } catch (error) {
          const refused = shown(error);
          return createForm(context, textOf(body), refused.errors, refused.status);
        }
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: `${path}/bulk`,
      access: remove,
      summary: `Delete several rows of ${resource.name}, after asking`,
      body: z.object({
        id: z.union([z.string(), z.array(z.string())]).optional(),
        confirmed: z.string().optional(),
      }),
      handle: async ({ context, body }) => {
        const ids = [body.id ?? []]
          .flat()
          .map(Number)
          .filter((id) => Number.isSafeInteger(id) && id > 0);
        if (ids.length === 0) return seeOther(`${path}?done=nothingSelected`);
        const title = context.words.t("confirmDeleteMany", { count: ids.length });
        if (body.confirmed !== "yes") return confirmPage(context, title, `${path}/bulk`, ids);
        try {
          await service.deleteMany(ids, context.session().person.id);
          return seeOther(`${path}?done=deleted`);
        } catch (error) {
          const { status, errors } = shown(error);
          return confirmPage(context, title, `${path}/bulk`, ids, errors, status);
        }
      },
    }),
    defineRoute({
      ...head,
      method: "get",
      path: `${path}/:id`,
      access: { resource: resource.name, level: "view" },
      summary: `One row of ${resource.name}`,
      params: idParams,
      handle: async ({ context, params }) => rowPage(context, await service.find(params.id)),
    }),
    defineRoute({
      ...head,
      method: "post",
      path: `${path}/:id`,
      access: edit,
      summary: `Change a row of ${resource.name}`,
      params: idParams,
      body: formBody,
      handle: async ({ context, params, body }) => {
        const { values, errors } = checked(context, body);
        if (!values)
          return rowPage(context, await service.find(params.id), { text: textOf(body), errors, status: 400 });
        try {
          await service.update(params.id, Number(body["_version"]), values, context.session().person.id);
          return seeOther(`${path}/${params.id}?done=saved`);
        } catch (error) {
          const refused = shown(error);
          const row = await service.find(params.id);
          const stale = refused.status === 412;
          const message = context.words.t("changedMeanwhile");
          return rowPage(context, row, {
            ...(stale ? {} : { text: textOf(body) }),
            errors: stale ? [{ in: "body", field: "", message }] : refused.errors,
            status: refused.status,
          });
        }
      },
    }),
    defineRoute({
      ...head,
      method: "get",
      path: `${path}/:id/delete`,
      access: remove,
      summary: `Ask before deleting a row of ${resource.name}`,
      params: idParams,
      handle: async ({ context, params }) => {
        const row = await service.find(params.id);
        const title = context.words.t("confirmDelete", { name: toFormText(row[resource.title]) });
        return confirmPage(context, title, `${path}/${row.id}/delete`, [row.id]);
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: `${path}/:id/delete`,
      access: remove,
      summary: `Delete a row of ${resource.name}`,
      params: idParams,
      body: formBody,
      handle: async ({ context, params }) => {
        const row = await service.find(params.id);
        try {
          await service.delete(params.id, undefined, context.session().person.id);
          return seeOther(`${path}?done=deleted`);
        } catch (error) {
          const { status, errors } = shown(error);
          const title = context.words.t("confirmDelete", { name: toFormText(row[resource.title]) });
          return confirmPage(context, title, `${path}/${row.id}/delete`, [row.id], errors, status);
        }
      },
    }),
  ];
}
