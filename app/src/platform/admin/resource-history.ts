import { z } from "zod";
import { html, type Markup } from "../html/html.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Reply, type Route } from "../http/route.ts";
import type { Change } from "../resources/change-log.ts";
import type { Resource } from "../resources/resource.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { type AdminDeps, adminPage, queryOf } from "./admin-frame.ts";
import { toFormText } from "./field-view.ts";

const changeText = { create: "created", update: "updated", delete: "deleted" } as const;

/** The changes of a row as a table. */
export function historyView(context: RequestContext, resource: Resource, changes: readonly Change[]): Markup {
  const { t, pick, dateTime } = context.words;
  const label = (name: string) => (resource.fields[name] ? pick(resource.fields[name].label) : name);
  const text = (value: unknown) => toFormText(value, context.words);
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
                        ${Object.entries(change.fields).map(([name, [before, after]]) => html`<div><b>${label(name)}</b>: ${before !== null && html`<del>${text(before)}</del> → `}${text(after)}</div>`)}
                      </td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }
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
  return adminPage(deps, context, `/admin/${resource.name}`, titleOf(context, resource, last), body, 404);
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
        const rows = changes.map(
          (change) =>
            html`<tr>
              <th scope="row">
                <a href="${path}/${change.rowId}">${titleOf(context, resource, change)}</a>
              </th>
              <td>${dateTime(change.at)}</td>
              <td>${change.actor ?? t("nobody")}</td>
            </tr>`,
        );
        const body =
          changes.length === 0
            ? html`<p class="empty">${t("none")}</p>`
            : html`<div class="scroll" tabindex="0" role="region" aria-label="${title}">
                  <table class="list">
                    <thead>
                      <tr>
                        <th scope="col">${pick(resource.label.one)}</th>
                        <th scope="col">${t("time")}</th>
                        <th scope="col">${t("who")}</th>
                      </tr>
                    </thead>
                    <tbody>
                      ${rows}
                    </tbody>
                  </table>
                </div>
                ${next !== undefined && html`<p><a href="${path}/deleted${queryOf({ before: String(next) })}">${t("older")}</a></p>`}`;
        return adminPage(deps, context, path, title, body);
      },
    }),
  ];
}
