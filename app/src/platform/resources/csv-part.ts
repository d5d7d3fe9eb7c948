import type { Translator } from "../i18n/translator.ts";
import { toCell } from "./csv-cell.ts";
import type { CsvDialect } from "./csv-export.ts";
import { readRecords } from "./csv-records.ts";
import { decodeText } from "./csv-text.ts";
import type { Resource, Row } from "./resource.ts";

const begin = ({ marked }: CsvDialect) => (marked ? "\ufeff" : "");
const quote = (cell: string | null) => (cell === null ? "" : `"${cell.replaceAll('"', '""')}"`);

/** The heading and some rows of a CSV file, as they were sent. */
export async function partOfCsv(
  input: AsyncIterable<Uint8Array>,
  { resource, encoding, rows, words, dialect }: PartOptions,
): Promise<string> {
  const known = new Set(["id", ...Object.keys(resource.fields)]);
  const wanted = new Set(rows);
  let text = begin(dialect);
  let heading = true;
  for await (const { row, cells } of readRecords(decodeText(input, encoding, words), known, words)) {
    if (!heading && !wanted.has(row)) continue;
    heading = false;
    text += `${cells.map(quote).join(dialect.separator)}\r\n`;
  }
  return text;
}

interface PartOptions {
  readonly resource: Resource;
  /** Name of the file's encoding; empty for UTF-8 or what it says itself. */
  readonly encoding: string;
  /** Rows of the table, its heading being 1. */
  readonly rows: readonly number[];
  readonly words: Translator;
  readonly dialect: CsvDialect;
}

/** A file to fill in: the heading that an import takes, and some rows that show what goes where. */
export function sampleCsv({ fields }: Resource, rows: readonly Row[], dialect: CsvDialect): string {
  const entries = Object.entries(fields);
  const lines = rows.map((row) => entries.map(([name, { control }]) => toCell(row[name], control)));
  const all = [entries.map(([name]) => name), ...lines];
  return begin(dialect) + all.map((cells) => `${cells.join(dialect.separator)}\r\n`).join("");
}
