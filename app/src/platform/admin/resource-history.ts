import { z } from "zod";
import { html, type Markup } from "../html/html.ts";
import type { Refused } from "../html/form.ts";
import { tokenInput } from "../html/page.ts";
import { tableOrNone } from "../html/table.ts";
import { mayTouch } from "../http/access.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Reply, type Route, seeOther } from "../http/route.ts";
import { idParams } from "../resources/resource-api.ts";
import type { Change } from "../resources/change-log.ts";
import type { Resource } from "../resources/resource.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { type AdminDeps, adminPage, queryOf } from "./admin-frame.ts";
import { toFormText } from "./field-view.ts";
import { rowErrors } from "./row-errors.ts";

export const changeText = { create: "created", update: "updated", delete: "deleted" } as const;

/** What a change did to each field: before and after. */
export function changeDetails({ words }: RequestContext, resource: Resource, { fields }: Change): Markup[] {
  const label = (name: string) => (resource.fields[name] ? words.pick(resource.fields[name].label) : name);
  const text = (value: unknown) => toFormText(value, words);
  return Object.entries(fields).map(
    ([name, [before, after]]) =>
      html`<div>
        <b>${label(name)}</b>: ${before !== null && html`<del>${text(before)}</del> → `}${text(after)}
      </div>`,
  );
}

/** The changes of a row as a table. */
export function historyView(
  context: RequestContext,
  resource: Resource,
  changes: readonly Change[],
  { versions = false }: { readonly versions?: boolean } = {},
): Markup {
  const { words } = context;
  const { t, dateTime } = words;
  const columns = [
    { heading: t("time"), cell: (change: Change) => dateTime(change.at) },
    { heading: t("who"), cell: (change: Change) => change.actor ?? t("nobody") },
    { heading: t("action"), cell: (change: Change) => t(changeText[change.action]) },
    { heading: t("details"), cell: (change: Change) => changeDetails(context, resource, change) },
    // The newest is what the form shows already.
    ...(versions && changes.length > 1
      ? [
          {
            heading: t("version"),
            cell: (change: Change) =>
              change !== changes[0] &&
              change.action !== "delete" &&
              html`<a href="/admin/${resource.name}/${change.rowId}${queryOf({ version: String(change.id) })}"
                >${t("takeVersion")}</a
              >`,
          },
        ]
      : []),
  ];
  return html`<section>
    <h2>${t("changes")}</h2>
    ${tableOrNone(words, columns, changes, { label: t("changes") })}
  </section>`;
}

/** The title of a row in a change of it, or its number. */
export function titleOf(context: RequestContext, resource: Resource, { fields, rowId }: Change): string {
  const [before, after] = fields[resource.title] ?? [];
  return toFormText(after ?? before, context.words) || `#${rowId}`;
}

/** The page of a row that was deleted: its history. `undefined` when there never was such a row. */
export async function deletedPage(
  deps: AdminDeps,
  context: RequestContext,
  service: ResourceService,
  id: number,
  { errors = [], status = 404 }: Refused = {},
): Promise<Reply | undefined> {
  const changes = await service.history(id);
  const [last] = changes;
  if (!last) return undefined;
  const { resource } = service;
  const mayRestore = last.action === "delete" && mayTouch(context.session().person, resource.name, "add");
  const body = html`<p>${context.words.t("deletedText")}</p>
    ${errors.map(({ message }) => html`<p class="summary" role="alert">${message}</p>`)}
    ${
      mayRestore &&
      html`<form method="post" action="/admin/${resource.name}/${id}/restore">
        ${tokenInput(context)}<button class="primary">${context.words.t("restore")}</button>
      </form>`
    }
    ${historyView(context, resource, changes)}`;
  const title = titleOf(context, resource, last);
  return adminPage(deps, context, { here: `/admin/${resource.name}`, title, body, status });
}

/** The list of what was deleted, and bringing a row of it back. */
export function resourceHistoryRoutes(deps: AdminDeps, service: ResourceService): Route[] {
  const { resource } = service;
  const path = `/admin/${resource.name}`;
  return [
    defineRoute({
      method: "get",
      path: `${path}/deleted`,
      kind: "page",
      access: { resource: resource.name, action: "view" },
      summary: `What was deleted of ${resource.name}`,
      query: z.object({ before: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER).optional() }),
      answers: { 200: { description: "A page", contentType: "text/html" } },
      handle: async ({ context, query }) => {
        const { t, pick, dateTime } = context.words;
        const { changes, next } = await service.deletions(query.before);
        const title = `${pick(resource.label.many)}: ${t("deletedEntries").toLowerCase()}`;
        const deletions = tableOrNone(
          context.words,
          [
            {
              heading: pick(resource.label.one),
              names: true,
              cell: (change) =>
                html`<a href="${path}/${change.rowId}">${titleOf(context, resource, change)}</a>`,
            },
            { heading: t("time"), cell: ({ at }) => dateTime(at) },
            { heading: t("who"), cell: ({ actor }) => actor ?? t("nobody") },
          ],
          changes,
          { label: title, className: "list" },
        );
        const body = html`${deletions}
        ${next !== undefined && html`<p><a href="${path}/deleted${queryOf({ before: String(next) })}">${t("older")}</a></p>`}`;
        return adminPage(deps, context, { here: path, title, body });
      },
    }),
    defineRoute({
      method: "post",
      path: `${path}/:id/restore`,
      kind: "page",
      access: { resource: resource.name, action: "add" },
      summary: `Bring a deleted row of ${resource.name} back`,
      params: idParams,
      body: z.object({}),
      answers: {
        303: { description: "To the row" },
        404: { description: "Nothing was deleted under this id", contentType: "text/html" },
        409: { description: "Another row has its values", contentType: "text/html" },
      },
      handle: async ({ context, params: { id }, response }) => {
        try {
          await service.restore(id, context.session().person.id);
          return seeOther(`${path}/${id}?done=restored`);
        } catch (error) {
          const refused = rowErrors(error, resource, context.words, response);
          const page = await deletedPage(deps, context, service, id, refused);
          if (!page) throw error;
          return page;
        }
      },
    }),
  ];
}
