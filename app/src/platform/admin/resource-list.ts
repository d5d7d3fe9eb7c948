import { html, type Markup } from "../html/html.ts";
import { tokenInput } from "../html/page.ts";
import { omit } from "../omit.ts";
import { mayTouch } from "../http/access.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route } from "../http/route.ts";
import type { FilterChoices } from "../resources/filter-choices.ts";
import { filtersOf, listQuerySchema, toListQuery, writeCursor } from "../resources/list-query.ts";
import type { Field, Resource, Row } from "../resources/resource.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import type { Person } from "../sessions/session.ts";
import { type AdminDeps, adminPage, queryOf } from "./admin-frame.ts";
import { type References, showValue } from "./field-view.ts";

type Asked = Readonly<Record<string, string | undefined>>;

/** Titles of what the rows refer to, one query per resource; none of resources that the person may not view. */
export async function loadReferences(
  deps: AdminDeps,
  person: Person,
  resource: Resource,
  rows: readonly Row[],
): Promise<References> {
  const wanted = new Map<string, Set<number>>();
  for (const [name, { control }] of Object.entries(resource.fields)) {
    if (control.kind !== "reference" || !mayTouch(person, control.resource, "view")) continue;
    const ids = wanted.get(control.resource) ?? new Set();
    for (const row of rows) if (typeof row[name] === "number") ids.add(row[name]);
    wanted.set(control.resource, ids);
  }
  const titles = [...wanted].map(async ([name, ids]) => {
    const store = ids.size > 0 ? deps.services.resources.get(name)?.store : undefined;
    return [name, (await store?.titles([...ids])) ?? new Map<number, string>()] as const;
  });
  return new Map(await Promise.all(titles));
}

function sortHeading(
  path: string,
  asked: Asked,
  name: string,
  field: Field,
  context: RequestContext,
): Markup {
  const { pick, t } = context.words;
  const label = pick(field.label);
  if (field.sort !== true) return html`<th scope="col">${label}</th>`;
  const up = asked["sort"] === name;
  const down = asked["sort"] === `-${name}`;
  const address = path + queryOf({ ...asked, after: undefined, sort: up ? `-${name}` : name });
  const order = up ? html` aria-sort="ascending"` : down && html` aria-sort="descending"`;
  return html`<th scope="col" ${order}>
    <a href="${address}"
      >${label}${(up || down) && html`<span class="order" aria-hidden="true">${up ? " ↑" : " ↓"}</span><span class="hidden">, ${t(up ? "sortedUp" : "sortedDown")}</span>`}</a
    >
  </th>`;
}

function filterControl(
  name: string,
  field: Field,
  asked: Asked,
  choices: readonly string[] | undefined,
  context: RequestContext,
): Markup {
  const { pick, t } = context.words;
  const value = asked[name] ?? "";
  const list = choices && html` list="choices-${name}"`;
  const control =
    field.control.kind === "choice"
      ? html`<select id="filter-${name}" name="${name}">
          <option value="">${t("any")}</option>
          ${Object.entries(field.control.options).map(
            ([key, text]) =>
              html`<option value="${key}" ${key === value && html` selected`}>${pick(text)}</option>`,
          )}
        </select>`
      : html`<input id="filter-${name}" name="${name}" value="${value}" size="14" ${list} />${
            choices &&
            html`<datalist id="choices-${name}">
              ${choices.map((choice) => html`<option value="${choice}"></option>`)}
            </datalist>`
          }`;
  return html`<div><label for="filter-${name}">${pick(field.label)}</label>${control}</div>`;
}

function tools(
  path: string,
  resource: Resource,
  asked: Asked,
  choices: FilterChoices,
  context: RequestContext,
): Markup {
  const { t } = context.words;
  const filters = filtersOf(resource).flatMap((name) => {
    const field = resource.fields[name];
    return field ? [filterControl(name, field, asked, choices[name], context)] : [];
  });
  if (!resource.searchColumn && filters.length === 0) return html``;
  return html`<form class="tools" method="get" action="${path}" role="search">
    ${resource.searchColumn && html`<div><label for="search">${t("search")}</label><input id="search" type="search" name="search" value="${asked["search"] ?? ""}" /></div>`}
    ${filters} ${asked["sort"] && html`<input type="hidden" name="sort" value="${asked["sort"]}" />`}
    <button>${t("apply")}</button>
    ${(asked["search"] ?? filtersOf(resource).find((name) => asked[name])) && html`<a href="${path}">${t("all")}</a>`}
  </form>`;
}

/** The list of a resource: search, filters, sorting, pages, bulk actions. */
export function resourceListRoutes(deps: AdminDeps, service: ResourceService): Route[] {
  const { resource } = service;
  const path = `/admin/${resource.name}`;
  const listed = Object.entries(resource.fields).filter(([, field]) => field.list === true);

  const table = async (context: RequestContext, rows: readonly Row[], asked: Asked) => {
    const { t, pick, dateTime } = context.words;
    const { person } = context.session();
    const references = await loadReferences(deps, person, resource, rows);
    const bulk = mayTouch(person, resource.name, "delete");
    const heading = (row: Row) => String(row[resource.title]);
    return html`<form method="post" action="${path}/bulk">
      ${tokenInput(context)}
      <div class="scroll" tabindex="0" role="region" aria-label="${pick(resource.label.many)}">
        <table class="list">
          <thead>
            <tr>
              ${bulk && html`<th class="tick"><input type="checkbox" hidden data-selects="id" aria-label="${t("select")}: ${t("all")}" /></th>`}
              ${listed.map(([name, field]) => sortHeading(path, asked, name, field, context))}
              <th scope="col">${t("updated")}</th>
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              (row) =>
                html`<tr>
                  ${bulk && html`<td class="tick"><input type="checkbox" name="id" value="${row.id}" aria-label="${t("select")}: ${heading(row)}" /></td>`}
                  ${listed.map(([name, field], index) => {
                    const shown = showValue(field, row[name], context.words, references);
                    return index === 0 && field.control.kind !== "reference"
                      ? html`<th scope="row"><a href="${path}/${row.id}">${shown}</a></th>`
                      : html`<td>${shown}</td>`;
                  })}
                  <td class="quiet">
                    ${listed[0]?.[1].control.kind === "reference" ? html`<a href="${path}/${row.id}">${dateTime(row.updatedAt)}</a>` : dateTime(row.updatedAt)}
                  </td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${bulk && html`<p class="buttons"><button class="danger">${t("deleteSelected")}</button></p>`}
    </form>`;
  };

  return [
    defineRoute({
      method: "get",
      path,
      kind: "page",
      access: { resource: resource.name, level: "view" },
      summary: `List of ${resource.name}`,
      query: listQuerySchema(resource).extend({ done: listQuerySchema(resource).shape.search }),
      answers: { 200: { description: "A page", contentType: "text/html" } },
      handle: async ({ context, query }) => {
        const { t, pick } = context.words;
        const { person } = context.session();
        const [page, choices] = await Promise.all([
          service.list(toListQuery(resource, query)),
          service.filterChoices(),
        ]);
        const asked: Asked = omit(omit(query, "limit"), "done");
        const next = page.next && path + queryOf({ ...asked, after: writeCursor(page.next) });
        const exported = `${path}/export${queryOf({ ...asked, after: undefined, sort: undefined })}`;
        const edits = mayTouch(person, resource.name, "edit");
        const body = html`<p class="buttons">
            ${edits && html`<a class="button primary" href="${path}/new">${t("create")}</a> <a class="button" href="${path}/import">${t("importCsv")}</a> `}<a
              class="button"
              href="${exported}"
              >${t("exportCsv")}</a
            >
            <a class="button" href="${path}/deleted">${t("deletedEntries")}</a>
          </p>
          ${tools(path, resource, asked, choices, context)}
          ${page.rows.length === 0 ? html`<p class="empty">${t("none")}</p>` : await table(context, page.rows, asked)}
          <nav class="pager" aria-label="${t("next")}">
            ${asked["after"] && html`<a class="button" href="${path}${queryOf({ ...asked, after: undefined })}">${t("first")}</a>`}
            ${next && html`<a class="button" rel="next" href="${next}">${t("next")}</a>`}
          </nav>`;
        return adminPage(deps, context, path, pick(resource.label.many), body);
      },
    }),
  ];
}
