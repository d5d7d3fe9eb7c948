import { html, type Content, type Markup } from "../html/html.ts";
import { tokenInput } from "../html/page.ts";
import { searchField, type SearchField, searchForm } from "../html/search-form.ts";
import { type Column, table } from "../html/table.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { Translator } from "../i18n/translator.ts";
import type { FilterChoices } from "../resources/filter-choices.ts";
import { filtersOf } from "../resources/list-query.ts";
import type { Field, Resource, Row } from "../resources/resource.ts";
import { queryOf } from "./admin-frame.ts";
import { showValue } from "./field-view.ts";
import type { References } from "./references.ts";

/** What a list is asked for: search, filters, order, page. */
export type Asked = Readonly<Record<string, string | undefined>>;

/**
 * Heading of a column that the rows can be sorted by: a link, and which way they are sorted now.
 */
function sortHeading(
  path: string,
  asked: Asked,
  name: string,
  label: string,
  { t }: Translator,
): Pick<Column<Row>, "heading" | "sorted"> {
  const up = asked["sort"] === name;
  const sorted = up ? "ascending" : asked["sort"] === `-${name}` ? "descending" : undefined;
  const address = path + queryOf({ ...asked, after: undefined, sort: up ? `-${name}` : name });
  const order =
    sorted &&
    html`<span class="order" aria-hidden="true">${up ? " ↑" : " ↓"}</span
      ><span class="hidden">, ${t(up ? "sortedUp" : "sortedDown")}</span>`;
  return { heading: html`<a href="${address}">${label}${order}</a>`, sorted };
}

/** The tick before each row, and one for all of them, which the page's script shows. */
function tickColumn(resource: Resource, { t }: Translator): Column<Row> {
  const tick = (of: Content, attributes: Markup) =>
    html`<input type="checkbox" ${attributes} aria-label="${t("select")}: ${of}" />`;
  return {
    className: "tick",
    heading: tick(t("all"), html`hidden data-selects="id"`),
    cell: (row) => tick(String(row[resource.title]), html`name="id" value="${row.id}"`),
  };
}

interface ResourceTable {
  readonly resource: Resource;
  readonly path: string;
  readonly rows: readonly Row[];
  readonly asked: Asked;
  readonly references: References;
  /** Whether rows can be ticked, to be deleted together. */
  readonly bulk: boolean;
}

/**
 * The table of a resource's rows. Its first column leads to the row, or its last one, when the
 * first refers elsewhere.
 */
export function resourceTable(
  context: RequestContext,
  { resource, path, rows, asked, references, bulk }: ResourceTable,
): Markup {
  const { words } = context;
  const { t, pick, dateTime } = words;
  const listed = Object.entries(resource.fields).filter(([, field]) => field.list === true);
  const refers = listed[0]?.[1].control.kind === "reference";
  const link = (row: Row, text: Content) => html`<a href="${path}/${row.id}">${text}</a>`;
  const column = ([name, field]: readonly [string, Field], index: number): Column<Row> => {
    const label = pick(field.label);
    const shown = (row: Row) => showValue(field, row[name], words, references);
    const names = index === 0 && !refers;
    return {
      ...(field.sort === true ? sortHeading(path, asked, name, label, words) : { heading: label }),
      names,
      cell: names ? (row) => link(row, shown(row)) : shown,
    };
  };
  const columns: Column<Row>[] = [
    ...(bulk ? [tickColumn(resource, words)] : []),
    ...listed.map(column),
    {
      heading: t("updated"),
      className: "quiet",
      cell: (row) => (refers ? link(row, dateTime(row.updatedAt)) : dateTime(row.updatedAt)),
    },
  ];
  return html`<form method="post" action="${path}/bulk">
    ${tokenInput(context)} ${table(columns, rows, { label: pick(resource.label.many), className: "list" })}
    ${bulk && html`<p class="buttons"><button class="danger">${t("deleteSelected")}</button></p>`}
  </form>`;
}

function filterField(
  name: string,
  { label, control }: Field,
  { asked, choices, named }: Narrowing,
  { pick }: Translator,
): SearchField {
  const field = { name, id: `filter-${name}`, label: pick(label), value: named[name] ?? asked[name] };
  if (control.kind === "reference" && named[name] !== undefined)
    return { ...field, size: 22, suggest: `/admin/${control.resource}/suggest` };
  if (control.kind !== "choice") return { ...field, size: 14, suggestions: choices[name] };
  return { ...field, options: Object.entries(control.options).map(([key, text]) => [key, pick(text)]) };
}

/** How a list is narrowed now, and to what it can be. */
export interface Narrowing {
  readonly asked: Asked;
  readonly choices: FilterChoices;
  /** Texts of the references that the person may look for, by field. */
  readonly named: Readonly<Record<string, string>>;
}

/** Search and filters over the table, as far as the resource has any. */
export function resourceTools(
  words: Translator,
  resource: Resource,
  path: string,
  narrowing: Narrowing,
): Content {
  const { asked } = narrowing;
  const filters = filtersOf(resource);
  const fields = filters.flatMap((name) => {
    const field = resource.fields[name];
    return field ? [filterField(name, field, narrowing, words)] : [];
  });
  if (resource.searchColumn) fields.unshift(searchField(words, asked["search"]));
  if (fields.length === 0) return undefined;
  return searchForm(words, {
    action: path,
    fields,
    hidden: asked["sort"] && html`<input type="hidden" name="sort" value="${asked["sort"]}" />`,
    narrowed: ["search", ...filters].some((name) => asked[name]),
  });
}
