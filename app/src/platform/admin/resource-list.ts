import { z } from "zod";
import { html } from "../html/html.ts";
import { pager } from "../html/table.ts";
import { mayTouch } from "../http/access.ts";
import { defineRoute, type Route } from "../http/route.ts";
import { omit } from "../omit.ts";
import { filtersOf, listQuerySchema, toListQuery, writeCursor } from "../resources/list-query.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { type AdminDeps, adminPage, queryOf } from "./admin-frame.ts";
import { readReferenceFilters, unclearView } from "./reference-filters.ts";
import { loadReferences } from "./references.ts";
import { type Asked, resourceTable, resourceTools } from "./resource-list-view.ts";

/** The list of a resource: search, filters, sorting, pages, bulk actions. */
export function resourceListRoutes(deps: AdminDeps, service: ResourceService): Route[] {
  const { resource } = service;
  const path = `/admin/${resource.name}`;
  // A page takes part of a title for a reference, programs its id.
  const references = filtersOf(resource).filter(
    (name) => resource.fields[name]?.control.kind === "reference",
  );
  const text = z.string().max(250).optional();
  const pageQuery = listQuerySchema(resource).extend({
    ...Object.fromEntries(references.map((name) => [name, text])),
    done: text,
  });

  return [
    defineRoute({
      method: "get",
      path,
      kind: "page",
      access: { resource: resource.name, level: "view" },
      summary: `List of ${resource.name}`,
      query: pageQuery,
      answers: { 200: { description: "A page", contentType: "text/html" } },
      handle: async ({ context, query }) => {
        const { words } = context;
        const { t, pick } = words;
        const { person } = context.session();
        const typed: Asked = omit(omit(query, "limit"), "done");
        const filters = await readReferenceFilters(deps, context, resource, typed);
        const { asked, named, unclear } = filters;
        const [{ rows, next }, choices] = await Promise.all([
          unclear.length > 0
            ? { rows: [], next: undefined }
            : service.list(toListQuery(resource, { ...query, ...asked })),
          service.filterChoices(),
        ]);
        const first = { ...asked, after: undefined };
        const body = html`<p class="buttons">
            ${mayTouch(person, resource.name, "edit") && html`<a class="button primary" href="${path}/new">${t("create")}</a> <a class="button" href="${path}/import">${t("importCsv")}</a> `}<a
              class="button"
              href="${path}/export${queryOf({ ...first, sort: undefined })}"
              >${t("exportCsv")}</a
            >
            <a class="button" href="${path}/deleted">${t("deletedEntries")}</a>
          </p>
          ${resourceTools(words, resource, path, { asked, choices, named })}
          ${unclearView(context, path, filters)}
          ${
            rows.length === 0 && unclear.length > 0
              ? undefined
              : rows.length === 0
                ? html`<p class="empty">${t("none")}</p>`
                : resourceTable(context, {
                    resource,
                    path,
                    rows,
                    asked,
                    references: await loadReferences(deps, person, resource, rows),
                    bulk: mayTouch(person, resource.name, "delete"),
                  })
          }
          ${pager(words, (after) => path + queryOf({ ...asked, after }), { next: next && writeCursor(next), first: Boolean(asked["after"]) })}`;
        return adminPage(deps, context, { here: path, title: pick(resource.label.many), body });
      },
    }),
  ];
}
