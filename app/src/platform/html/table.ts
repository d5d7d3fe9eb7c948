import type { Translator } from "../i18n/translator.ts";
import { html, type Content, type Markup } from "./html.ts";

type Words = Pick<Translator, "t">;

/** A column of a table: its heading, and the cell that each row gets. */
export interface Column<Row> {
  readonly heading: Content;
  readonly cell: (row: Row) => Content;
  /** Its cells name their rows: screen readers say them with each other cell of the row. */
  readonly names?: boolean;
  /** Class of the heading and the cells. */
  readonly className?: string;
  /** Order of the rows, when they are sorted by this column. */
  readonly sorted?: "ascending" | "descending" | undefined;
}

interface TableOptions {
  /**
   * Name of the region that the table scrolls in. Keys reach it only with a name; a page has each
   * name once.
   */
  readonly label?: string;
  /** Class of the table. */
  readonly className?: string;
}

function cellOf<Row>({ names, className, cell }: Column<Row>, row: Row): Markup {
  const attributes = className && html` class="${className}"`;
  return names === true
    ? html`<th scope="row" ${attributes}>${cell(row)}</th>`
    : html`<td ${attributes}>${cell(row)}</td>`;
}

/** A table that scrolls sideways when the screen is too narrow for it. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { label, className }: TableOptions = {},
): Markup {
  const headings = columns.map(
    ({ heading, className, sorted }) =>
      html`<th
        scope="col"
        ${className && html` class="${className}"`}${sorted && html` aria-sort="${sorted}"`}
      >
        ${heading}
      </th>`,
  );
  return html`<div class="scroll" ${label && html` tabindex="0" role="region" aria-label="${label}"`}>
    <table ${className && html` class="${className}"`}>
      <thead>
        <tr>
          ${headings}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${columns.map((column) => cellOf(column, row))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** The table, or a line that says that there is nothing to show. */
export function tableOrNone<Row>(
  { t }: Words,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options?: TableOptions,
): Markup {
  return rows.length === 0 ? html`<p class="empty">${t("none")}</p>` : table(columns, rows, options);
}

interface Pages {
  /** Cursor of the next page, when there is one. */
  readonly next: string | number | undefined;
  /** Whether to lead back to the first page. */
  readonly first?: boolean;
  /** Address of the page before, when it is known. */
  readonly previous?: string | undefined;
}

/**
 * Links to the other pages of a list; `address` makes those of the page after a cursor, and of the
 * first page.
 */
export function pager(
  { t }: Words,
  address: (after: string | undefined) => string,
  { next, first = false, previous }: Pages,
): Markup {
  return html`<nav class="pager" aria-label="${t("pages")}">
    ${previous !== undefined && html`<a class="button" rel="prev" href="${previous}">${t("previous")}</a>`}
    ${first && html`<a class="button" href="${address(undefined)}">${t("first")}</a>`}
    ${next !== undefined && html`<a class="button" rel="next" href="${address(String(next))}">${t("next")}</a>`}
  </nav>`;
}
