import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Response } from "express";
import type { Row } from "./resource.ts";
import { toBody } from "./row-body.ts";
import type { Resource } from "./resource.ts";

/** A file that rows are written to, a line each. */
export interface ExportFile {
  readonly name: string;
  readonly contentType: string;
  readonly lines: AsyncGenerator<string, undefined>;
}

async function* withBeginning(begin: readonly string[], rest: AsyncGenerator<string>) {
  yield* begin;
  yield* rest;
}

/** Rows as JSON, one a line, as the API shows each. */
export async function* jsonLines(
  resource: Resource,
  rows: AsyncIterable<Row> | Iterable<Row>,
): AsyncGenerator<string, undefined> {
  for await (const row of rows) yield `${JSON.stringify(toBody(resource, row))}\n`;
  return undefined;
}

/** Writes a file as fast as the client takes it; memory stays that of one batch. */
export async function sendFile(response: Response, { name, contentType, lines }: ExportFile): Promise<void> {
  // What can go wrong goes wrong with the first rows, while there is still a status to answer with.
  const begin = [(await lines.next()).value, (await lines.next()).value].filter((line) => line !== undefined);
  response.status(200).set({
    "Content-Type": `${contentType}; charset=utf-8`,
    "Content-Disposition": `attachment; filename="${name}"`,
    "Cache-Control": "no-store",
  });
  await pipeline(Readable.from(withBeginning(begin, lines)), response).catch((error: unknown) => {
    // The client went away: there is no reader for a message.
    if (!(error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE"))
      throw error;
  });
}
