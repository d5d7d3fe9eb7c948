import { pipeline, Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import type { Translator } from "../i18n/translator.ts";
import { refusedFile } from "./csv-text.ts";

/** A row of a CSV file. */
export interface CsvRecord {
  /** Row of the table, the file's first being 1. */
  readonly row: number;
  /** `null` for a cell that is empty without quotes. */
  readonly cells: readonly (string | null)[];
}

const separators = [",", ";", "\t"] as const;
/** Longest row, in bytes. */
const longestRecord = 64 * 1024;

/** The first line that is not blank, once it has come whole. */
function firstLine(text: string): string | undefined {
  let quoted = false;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') quoted = !quoted;
    if (quoted || (character !== "\n" && character !== "\r")) continue;
    const line = text.slice(start, index).trim();
    if (line !== "") return line;
    start = index + 1;
  }
  return undefined;
}

/** What comes before the rows: the heading at least, however many pieces it comes in. */
async function readBeginning(text: AsyncGenerator<string>): Promise<string> {
  let begin = "";
  while (begin.length <= longestRecord && firstLine(begin) === undefined) {
    const next = await text.next();
    if (next.done === true) break;
    begin += next.value;
  }
  return begin;
}

/**
 * The separator by which most names of the heading are known ones; among equals the one that occurs
 * most.
 */
function separatorOf(heading: string, known: ReadonlySet<string>): string {
  const [best] = separators
    .map((separator) => {
      const names = heading.split(separator).map((name) => name.trim().replace(/^"(.*)"$/, "$1"));
      return { separator, known: names.filter((name) => known.has(name)).length, parts: names.length };
    })
    .sort((one, other) => other.known - one.known || other.parts - one.parts);
  return best?.separator ?? ",";
}

function reasonOf(error: CsvError, { t }: Translator): string {
  return error.code === "CSV_MAX_RECORD_SIZE"
    ? t("csvRowTooLong", { kilobytes: longestRecord / 1024 })
    : t("csvQuote");
}

/**
 * The rows of a CSV file that are not blank, its heading first. Comma, semicolon or tab separates,
 * whichever the heading is made with, and only that one does.
 *
 * @param known names that a heading may have.
 * @throws invalid-input, with the row, when the text stops being CSV.
 */
export async function* readRecords(
  text: AsyncGenerator<string>,
  known: ReadonlySet<string>,
  words: Translator,
): AsyncGenerator<CsvRecord, undefined> {
  const begin = await readBeginning(text);
  const parser = parse({
    cast: (cell, { quoting }) => (cell === "" && !quoting ? null : cell),
    delimiter: separatorOf(firstLine(begin) ?? begin, known),
    max_record_size: longestRecord,
    record_delimiter: ["\r\n", "\n", "\r"],
    // A quote inside an unquoted cell is part of it: 24" screen.
    relax_quotes: true,
    relax_column_count: true,
    trim: true,
  });
  async function* whole() {
    yield begin;
    yield* text;
  }
  // A failure of the text reaches the reader of the rows: it destroys the parser with that error.
  pipeline(Readable.from(whole()), parser, () => undefined);
  let row = 0;
  try {
    for await (const cells of parser as AsyncIterable<(string | null)[]>) {
      row += 1;
      if (cells.some((cell) => cell !== null && cell.trim() !== "")) yield { row, cells };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { records } = parser.info;
    throw refusedFile(words.t("csvBroken", { row: records, reason: reasonOf(error, words) }), error);
  }
  return undefined;
}
