import type { Locale } from "../i18n/translator.ts";
import { toCell } from "./csv-cell.ts";
import { type ExportFile, jsonLines } from "./export-rows.ts";
import type { Resource, Row } from "./resource.ts";

/** How a file is written. */
export interface CsvDialect {
  readonly separator: "," | ";";
  /** Whether a byte order mark comes first. */
  readonly marked: boolean;
}

/** For programs: RFC 4180, and no mark that they would take for a part of the first name. */
export const plainCsv: CsvDialect = { separator: ",", marked: false };

/**
 * For spreadsheets that open a file by a double click: Excel takes a file for UTF-8 only by its
 * mark, and separates by what the reader's language has: a semicolon when its decimals have a
 * comma.
 */
export const spreadsheetCsv: Readonly<Record<Locale, CsvDialect>> = {
  en: { separator: ",", marked: true },
  ru: { separator: ";", marked: true },
};

/** Rows as CSV with a heading, one a line. */
async function* csvLines(
  resource: Resource,
  rows: AsyncIterable<Row> | Iterable<Row>,
  { separator, marked }: CsvDialect,
): AsyncGenerator<string, undefined> {
  const fields = Object.entries(resource.fields);
  const names = ["id", ...fields.map(([name]) => name)];
  yield `${marked ? "\ufeff" : ""}${names.join(separator)}\r\n`;
  for await (const row of rows) {
    const cells = fields.map(([name, { control }]) => toCell(row[name], control));
    yield `${[row.id, ...cells].join(separator)}\r\n`;
  }
  return undefined;
}

/** Rows as a file: CSV, or JSON, a line each. */
export function exportFile(
  resource: Resource,
  rows: AsyncIterable<Row> | Iterable<Row>,
  format: "csv" | "jsonl",
  dialect: CsvDialect,
): ExportFile {
  const name = `${resource.name}.${format}`;
  return format === "csv"
    ? { name, contentType: "text/csv", lines: csvLines(resource, rows, dialect) }
    : { name, contentType: "application/jsonl", lines: jsonLines(resource, rows) };
}
