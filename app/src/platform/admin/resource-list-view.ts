import { html, type Content, type Markup } from "../html/html.ts";
import { tokenInput } from "../html/page.ts";
import { searchField, type SearchField, searchForm } from "../html/search-form.ts";
import { type Column, table } from "../html/table.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { Translator } from "../i18n/translator.ts";
import type { FilterChoices } from "../resources/filter-choices.ts";
import type { Count, ValueCounts } from "../resources/list-count.ts";
import { emptiesOf, filtersOf, pageSizes, rangesOf, sortsOf } from "../resources/list-query.ts";
import type { Field, Resource, Row } from "../resources/resource.ts";
import { queryOf } from "./admin-frame.ts";
import { showValue } from "./field-view.ts";
import { columnFields, shownColumns } from "./list-columns.ts";
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
  const address =
    path + queryOf({ ...asked, after: undefined, before: undefined, sort: up ? `-${name}` : name });
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
  /** What the person may do with the rows that they tick. */
  readonly may: { readonly change: boolean; readonly delete: boolean };
  /** How many rows the list finds, when they are more than those of this page. */
  readonly all: string | undefined;
}

/**
 * The table of a resource's rows. Its first column leads to the row, or its last one, when the
 * first refers elsewhere.
 */
export function resourceTable(
  context: RequestContext,
  { resource, path, rows, asked, references, may, all }: ResourceTable,
): Markup {
  const { words } = context;
  const { t, pick, dateTime } = words;
  const shownNames = shownColumns(resource, asked["columns"]);
  const listed = Object.entries(resource.fields).filter(([name]) => shownNames.includes(name));
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
    tickColumn(resource, words),
    ...listed.map(column),
    {
      heading: t("updated"),
      className: "quiet",
      cell: (row) => (refers ? link(row, dateTime(row.updatedAt)) : dateTime(row.updatedAt)),
    },
  ];
  return html`<form method="post" action="${path}/bulk">
    ${tokenInput(context)} ${table(columns, rows, { label: pick(resource.label.many), className: "list" })}
    <input
      type="hidden"
      name="_query"
      value="${queryOf({ ...asked, after: undefined, before: undefined, columns: undefined }).slice(1)}"
    />
    ${all !== undefined && html`<p class="beside"><input type="checkbox" id="all" name="all" value="yes" /> <label for="all">${all}</label></p>`}
    <p class="buttons">
      ${may.change && html`<button formaction="${path}/bulk-edit">${t("changeSelected")}</button>`}
      <button formaction="${path}/export-csv">${t("exportSelected", { format: "CSV" })}</button>
      <button formaction="${path}/export-jsonl">${t("exportSelected", { format: "JSON" })}</button>
      ${may.delete && html`<button class="danger">${t("deleteSelected")}</button>`}
    </p>
  </form>`;
}

function filterField(
  name: string,
  { label, control }: Field,
  { asked, choices, named }: Narrowing,
  { pick, t }: Translator,
): SearchField {
  const field = { name, id: `filter-${name}`, label: pick(label), value: named[name] ?? asked[name] };
  if (control.kind === "reference" && named[name] !== undefined)
    return { ...field, size: 22, suggest: `/admin/${control.resource}/suggest` };
  if (control.kind === "checkbox")
    return {
      ...field,
      options: [
        ["true", t("yes")],
        ["false", t("no")],
      ],
    };
  if (control.kind !== "choice") return { ...field, size: 14, suggestions: choices[name] };
  return { ...field, options: Object.entries(control.options).map(([key, text]) => [key, pick(text)]) };
}

const rangeInputs: Readonly<Record<string, "number" | "date" | "datetime-local">> = {
  number: "number",
  date: "date",
  moment: "datetime-local",
};

/** Ranges, emptiness, order and size of the page. */
function moreFields(resource: Resource, asked: Asked, { t, pick }: Translator): SearchField[] {
  const label = (name: string) => (resource.fields[name] ? pick(resource.fields[name].label) : t("created"));
  const ranges = rangesOf(resource).flatMap((name) =>
    (["from", "to"] as const).map((end): SearchField => ({
      name: `${name}-${end}`,
      id: `filter-${name}-${end}`,
      label: `${label(name)}, ${t(end)}`,
      value: asked[`${name}-${end}`],
      type: rangeInputs[resource.fields[name]?.control.kind ?? ""] ?? "number",
    })),
  );
  const empties = emptiesOf(resource).map((name): SearchField => ({
    name: `${name}-empty`,
    id: `filter-${name}-empty`,
    label: t("isEmpty", { name: label(name) }),
    value: asked[`${name}-empty`],
    options: [
      ["yes", t("yes")],
      ["no", t("no")],
    ],
  }));
  const sorts = sortsOf(resource).flatMap((name) => [
    [`-${name}`, `${label(name)} ↓`] as const,
    [name, `${label(name)} ↑`] as const,
  ]);
  return [
    ...ranges,
    ...empties,
    { name: "sort", label: t("sortedBy"), value: asked["sort"], options: sorts, always: true },
    {
      name: "limit",
      label: t("pageSize"),
      value: asked["limit"] ?? "50",
      options: pageSizes.map((size) => [String(size), String(size)] as const),
      always: true,
    },
  ];
}

/** Links that narrow the list to each value of a field, with how many rows have it. */
export function valueLinks(
  { pick, t, number }: Translator,
  resource: Resource,
  path: string,
  asked: Asked,
  counts: ValueCounts,
): Content {
  const filled = Object.entries(counts).filter(([, values]) => values.length > 1);
  if (filled.length === 0) return undefined;
  const text = ({ control }: Field, value: string) => {
    if (control.kind === "checkbox") return t(value === "true" ? "yes" : "no");
    const option = control.kind === "choice" ? control.options[value] : undefined;
    return option ? pick(option) : value;
  };
  const first = { ...asked, after: undefined, before: undefined };
  return html`<details class="values">
    <summary>${t("valueCounts")}</summary>
    ${filled.map(([name, values]) => {
      const field = resource.fields[name];
      return (
        field &&
        html`<p>
          <b>${pick(field.label)}</b>
          ${values.map(
            ([value, rows]) =>
              html` <a href="${path}${queryOf({ ...first, [name]: value })}"
                >${text(field, value)} (${number(rows)})</a
              >`,
          )}
        </p>`
      );
    })}
  </details>`;
}

/** How many rows there are, and by what they are sorted. */
export function countLine(
  { t, number, pick }: Translator,
  resource: Resource,
  { rows, exact }: Count,
  sort: string,
): Markup {
  const name = sort.replace(/^-/, "");
  const field = resource.fields[name];
  const label = field ? pick(field.label) : t("created");
  const count = exact
    ? t("countExact", { count: rows })
    : t("countAbout", { count: number(Number(rows.toPrecision(2))) });
  return html`<p class="quiet">
    ${count} · ${t("sortedBy").toLowerCase()}: ${label} ${sort.startsWith("-") ? "↓" : "↑"}<span
      class="hidden"
      >, ${t(sort.startsWith("-") ? "sortedDown" : "sortedUp")}</span
    >
  </p>`;
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
  if (resource.searchColumn ?? resource.searchFields) fields.unshift(searchField(words, asked["search"]));
  const more = moreFields(resource, asked, words);
  const unordered = (name: string) => !["sort", "limit", "after", "before", "columns"].includes(name);
  return searchForm(words, {
    action: path,
    fields,
    more,
    extra: columnFields(resource, asked["columns"], words),
    narrowed: Object.entries(asked).some(([name, value]) => unordered(name) && Boolean(value)),
  });
}
