import { z } from "zod";
import { html } from "../html/html.ts";
import { pager } from "../html/table.ts";
import { mayTouch } from "../http/access.ts";
import { defineRoute, type Route } from "../http/route.ts";
import { omit } from "../omit.ts";
import type { Translator } from "../i18n/translator.ts";
import {
  filtersOf,
  listQuerySchema,
  rangesOf,
  toListQuery,
  usualPage,
  writeCursor,
} from "../resources/list-query.ts";
import type { Resource } from "../resources/resource.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { type AdminDeps, adminPage, queryOf } from "./admin-frame.ts";
import { readReferenceFilters, unclearView } from "./reference-filters.ts";
import { chosenColumns, columnsQuery } from "./list-columns.ts";
import { loadReferences } from "./references.ts";
import { savedViews } from "./saved-views.ts";
import { type Asked, countLine, resourceTable, resourceTools, valueLinks } from "./resource-list-view.ts";

const nothing = { rows: [], next: undefined, previous: undefined, count: { rows: 0, exact: true } };

/** Ends of ranges of moments, which the page has on the stack's clocks, as moments. */
function momentsOf(resource: Resource, query: Asked, { clock }: Translator): Asked {
  const ends = rangesOf(resource)
    .filter((name) => resource.fields[name]?.control.kind === "moment")
    .flatMap((name) => [`${name}-from`, `${name}-to`]);
  return Object.fromEntries(
    ends.map((end) => [end, clock.read(query[end] ?? "")?.toISOString() ?? query[end]]),
  );
}

/** The same ends as the page shows them. */
function momentTexts(resource: Resource, asked: Asked, words: Translator): Asked {
  const moments = momentsOf(resource, asked, words);
  return Object.fromEntries(
    Object.entries(moments).map(([end, text]) => [end, text && words.clock.write(new Date(text))]),
  );
}

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
    columns: columnsQuery,
    done: text,
  });

  return [
    defineRoute({
      method: "get",
      path,
      kind: "page",
      access: { resource: resource.name, action: "view" },
      summary: `List of ${resource.name}`,
      query: pageQuery,
      answers: { 200: { description: "A page", contentType: "text/html" } },
      handle: async ({ context, query }) => {
        const { words } = context;
        const { t, pick } = words;
        const { person } = context.session();
        const { limit, columns, ...rest } = omit(query, "done");
        const chosen = chosenColumns(resource, columns)?.join(",");
        const typed: Asked = { ...rest, ...momentsOf(resource, rest, words), limit: String(limit) };
        const filters = await readReferenceFilters(deps, context, resource, typed);
        const { named, unclear } = filters;
        const listQuery = toListQuery(resource, filters.asked);
        const sort = `${listQuery.descending ? "-" : ""}${listQuery.sort}`;
        const asked: Asked = { ...filters.asked, sort, columns: chosen };
        const found = async () => {
          const [page, count] = await Promise.all([service.list(listQuery), service.store.count(listQuery)]);
          return { ...page, count };
        };
        const [{ rows, next, previous, count }, choices] = await Promise.all([
          unclear.length > 0 ? nothing : found(),
          service.filterChoices(),
        ]);
        const counts = count.exact && count.rows > 1 ? await service.store.valueCounts(listQuery) : {};
        const paged = { limit: undefined, after: undefined, before: undefined };
        const all = { ...asked, ...paged, sort: undefined, columns: undefined };
        const views = await savedViews(deps, context, service, queryOf(asked).slice(1));
        const may = {
          add: mayTouch(person, resource.name, "add"),
          change: mayTouch(person, resource.name, "change"),
          delete: mayTouch(person, resource.name, "delete"),
        };
        const many = (next ?? previous) !== undefined;
        const body = html`<p class="buttons">
            ${may.add && html`<a class="button primary" href="${path}/new">${t("create")}</a> `}${may.add && may.change && html`<a class="button" href="${path}/import">${t("importCsv")}</a> `}<a
              class="button"
              href="${path}/export${queryOf(all)}"
              >${t("exportCsv")}</a
            >
            <a class="button" href="${path}/export${queryOf({ ...all, format: "jsonl" })}"
              >${t("exportJson")}</a
            >
            ${rows.length > 0 && may.change && html`<a class="button" href="${path}/edit-list${queryOf({ ...asked, ...(limit === usualPage && { limit: undefined }) })}">${t("editList")}</a>`}
            <a class="button" href="${path}/deleted">${t("deletedEntries")}</a>
          </p>
          ${views.links}
          ${resourceTools(words, resource, path, { asked: { ...asked, ...momentTexts(resource, asked, words) }, choices, named })}
          ${unclearView(context, path, filters)}
          ${unclear.length === 0 && countLine(words, resource, count, sort)} ${views.keep}
          ${valueLinks(words, resource, path, asked, counts)}
          ${unclear.length === 0 && rows.length === 0 && html`<p class="empty">${t("none")}</p>`}
          ${
            rows.length > 0 &&
            resourceTable(context, {
              resource,
              path,
              rows,
              asked,
              references: await loadReferences(deps, person, resource, rows),
              may,
              all: many ? t("allFound", { count: words.number(count.rows) }) : undefined,
            })
          }
          ${pager(words, (after) => path + queryOf({ ...asked, before: undefined, after }), {
            next: next && writeCursor(next),
            previous:
              previous && path + queryOf({ ...asked, after: undefined, before: writeCursor(previous) }),
            first: previous !== undefined,
          })}`;
        return adminPage(deps, context, { here: path, title: pick(resource.label.many), body });
      },
    }),
  ];
}
