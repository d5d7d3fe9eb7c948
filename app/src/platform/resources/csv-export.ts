import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Response } from "express";
import type { ListQuery } from "./list-query.ts";
import type { ResourceStore } from "./resource-store.ts";
import type { Resource } from "./resource.ts";

/**
 * One cell, quoted where RFC 4180 needs it. Spreadsheets run what begins like a formula, so such text gets an
 * apostrophe in front (OWASP, CSV injection); the import takes it off again.
 */
function csvCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const plain =
    value instanceof Date ? value.toISOString() : typeof value === "string" ? value : JSON.stringify(value);
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function* lines(
  store: ResourceStore,
  resource: Resource,
  query: Pick<ListQuery, "search" | "filters">,
): AsyncGenerator<string, undefined> {
  const names = ["id", ...Object.keys(resource.fields)];
  yield `${names.join(",")}\r\n`;
  for await (const row of store.all(query)) {
    yield `${names.map((name) => csvCell(row[name])).join(",")}\r\n`;
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
): Promise<void> {
  const source = lines(store, resource, query);
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
    // The client went away: nobody is left to tell.
    if (!(error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE"))
      throw error;
  });
}
