import { z } from "zod";
import { html, type Markup } from "../html/html.ts";
import { tableOrNone } from "../html/table.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Reply, type Route } from "../http/route.ts";
import type { Change } from "../resources/change-log.ts";
import type { Resource } from "../resources/resource.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { type AdminDeps, adminPage, queryOf } from "./admin-frame.ts";
import { toFormText } from "./field-view.ts";

const changeText = { create: "created", update: "updated", delete: "deleted" } as const;

/** The changes of a row as a table. */
export function historyView(
  { words }: RequestContext,
  resource: Resource,
  changes: readonly Change[],
): Markup {
  const { t, pick, dateTime } = words;
  const label = (name: string) => (resource.fields[name] ? pick(resource.fields[name].label) : name);
  const text = (value: unknown) => toFormText(value, words);
  const details = ({ fields }: Change) =>
    Object.entries(fields).map(
      ([name, [before, after]]) =>
        html`<div>
          <b>${label(name)}</b>: ${before !== null && html`<del>${text(before)}</del> → `}${text(after)}
        </div>`,
    );
  const columns = [
    { heading: t("time"), cell: (change: Change) => dateTime(change.at) },
    { heading: t("who"), cell: (change: Change) => change.actor ?? t("nobody") },
    { heading: t("action"), cell: (change: Change) => t(changeText[change.action]) },
    { heading: t("details"), cell: details },
  ];
  return html`<section>
    <h2>${t("changes")}</h2>
    ${tableOrNone(words, columns, changes, { label: t("changes") })}
  </section>`;
}

/** What the title of a deleted row was. */
function titleOf(context: RequestContext, resource: Resource, { fields, rowId }: Change): string {
  return toFormText(fields[resource.title]?.[0], context.words) || `#${rowId}`;
}

/** The page of a row that was deleted: its history. `undefined` when there never was such a row. */
export async function deletedPage(
  deps: AdminDeps,
  context: RequestContext,
  service: ResourceService,
  id: number,
): Promise<Reply | undefined> {
  const changes = await service.history(id);
  const [last] = changes;
  if (!last) return undefined;
  const { resource } = service;
  const body = html`<p>${context.words.t("deletedText")}</p>
    ${historyView(context, resource, changes)}`;
  const title = titleOf(context, resource, last);
  return adminPage(deps, context, { here: `/admin/${resource.name}`, title, body, status: 404 });
}

/** The list of what was deleted. */
export function resourceHistoryRoutes(deps: AdminDeps, service: ResourceService): Route[] {
  const { resource } = service;
  const path = `/admin/${resource.name}`;
  return [
    defineRoute({
      method: "get",
      path: `${path}/deleted`,
      kind: "page",
      access: { resource: resource.name, level: "view" },
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
  ];
}
