import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Response } from "express";
import type { Locale } from "../i18n/translator.ts";
import { toCell } from "./csv-cell.ts";
import type { ListQuery } from "./list-query.ts";
import type { ResourceStore } from "./resource-store.ts";
import type { Resource } from "./resource.ts";

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

async function* lines(
  store: ResourceStore,
  resource: Resource,
  query: Pick<ListQuery, "search" | "filters">,
  { separator, marked }: CsvDialect,
): AsyncGenerator<string, undefined> {
  const fields = Object.entries(resource.fields);
  const names = ["id", ...fields.map(([name]) => name)];
  yield `${marked ? "\ufeff" : ""}${names.join(separator)}\r\n`;
  for await (const row of store.all(query)) {
    const cells = fields.map(([name, { control }]) => toCell(row[name], control));
    yield `${[row.id, ...cells].join(separator)}\r\n`;
  }
  return undefined;
}

async function* withBeginning(begin: readonly string[], rest: AsyncGenerator<string>) {
  yield* begin;
  yield* rest;
}

/** Writes all rows as CSV, as fast as the client takes them; memory stays that of one batch. */
export async function sendCsv(
  response: Response,
  store: ResourceStore,
  resource: Resource,
  query: Pick<ListQuery, "search" | "filters">,
  dialect: CsvDialect,
): Promise<void> {
  const source = lines(store, resource, query, dialect);
  // What can go wrong goes wrong with the first rows, while there is still a status to answer with.
  const begin = [(await source.next()).value, (await source.next()).value].filter(
    (line) => line !== undefined,
  );
  response.status(200).set({
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": `attachment; filename="${resource.name}.csv"`,
    "Cache-Control": "no-store",
  });
  await pipeline(Readable.from(withBeginning(begin, source)), response).catch((error: unknown) => {
    // The client went away: there is no reader for a message.
    if (!(error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE"))
      throw error;
  });
}
