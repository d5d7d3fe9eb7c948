import { z } from "zod";
import type { Database } from "../database/open-database.ts";
import type { Translator } from "../i18n/translator.ts";
import { conflict } from "../problems/problems.ts";
import { fromCell } from "./csv-cell.ts";
import { type CsvRecord, readRecords } from "./csv-records.ts";
import { createRowSaver, type GivenRow, identitiesOf, type Refusal } from "./csv-rows.ts";
import { decodeText, refusedFile } from "./csv-text.ts";
import type { Resource } from "./resource.ts";
import type { ResourceService } from "./resource-service.ts";
import { violationOf } from "./violation.ts";

/** What became of an import. */
export const importReport = z.object({
  created: z.number().int(),
  updated: z.number().int(),
  unchanged: z.number().int().describe("Rows that held what was stored already"),
  refused: z.number().int().describe("Rows that were left out"),
  errors: z
    .array(
      z.object({
        row: z.number().int().describe("Row of the table, its heading being 1"),
        field: z.string(),
        message: z.string(),
      }),
    )
    .describe("Why, for the first rows that were"),
});
export type ImportReport = z.output<typeof importReport>;

const batchSize = 500;
const mostErrors = 200;
/**
 * Milliseconds that a slow client may keep the import's transaction waiting; Node ends its request
 * by then.
 */
const longestSilence = 300_000;

/** What is no text: what was lost in another program, and what Postgres' texts cannot hold. */
const damage = /[\0\ufffd]/;

function readHeading(resource: Resource, record: CsvRecord | undefined, { t }: Translator): string[] {
  if (!record) throw refusedFile(t("csvEmpty"));
  const heading = record.cells.map((cell) => cell?.trim() ?? "");
  // A column without a name at the end is one that a spreadsheet left over.
  while (heading.at(-1) === "") heading.pop();
  const known = ["id", ...Object.keys(resource.fields)];
  if (heading.some((name) => damage.test(name))) throw refusedFile(t("csvEncoding"));
  const unknown = heading.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const names = unknown.map((name) => name || "“”").join(", ");
    throw refusedFile(t("csvUnknownColumns", { names, known: known.join(", ") }));
  }
  const twice = heading.filter((name, index) => heading.indexOf(name) !== index);
  if (twice.length > 0) throw refusedFile(t("csvTwice", { names: twice.join(", ") }));
  return heading;
}

/** A row's values by the names of the heading, or why it is refused. */
function toGiven(
  resource: Resource,
  heading: readonly string[],
  { row, cells }: CsvRecord,
  { t }: Translator,
): GivenRow | readonly Refusal[] {
  const extra = cells.slice(heading.length).findLastIndex((cell) => cell !== null && cell.trim() !== "");
  const count = extra === -1 ? Math.min(cells.length, heading.length) : heading.length + extra + 1;
  if (count !== heading.length) {
    return [{ row, field: "", message: t("csvCells", { count, expected: heading.length }) }];
  }
  const damaged = heading.filter((_, index) => damage.test(cells[index] ?? ""));
  if (damaged.length > 0) return damaged.map((field) => ({ row, field, message: t("csvDamaged") }));
  const place = heading.indexOf("id");
  const id = place === -1 ? "" : (cells[place]?.trim() ?? "");
  if (id !== "" && !/^[1-9]\d{0,14}$/.test(id)) {
    return [{ row, field: "id", message: t("csvNoSuchId", { id }) }];
  }
  const values = heading.flatMap((name, index) =>
    name === "id" ? [] : [[name, fromCell(cells[index] ?? null, resource, name)] as const],
  );
  return { row, id: id === "" ? undefined : Number(id), values: Object.fromEntries(values) };
}

interface ImportOptions {
  readonly database: Database;
  readonly service: ResourceService;
  readonly actorId: number | undefined;
  /** Language of what is said about rows. */
  readonly words: Translator;
  /** Name of the file's encoding; without one it is UTF-8, or what its byte order mark says. */
  readonly encoding?: string | undefined;
  /** Whether nothing is saved: the report then says what would become of the file. */
  readonly look?: boolean;
  /** Runs at the beginning of the import's transaction; what it throws ends the import. */
  readonly before?: (transaction: Database) => Promise<void>;
  /** Called with each row that does not fit, and with its reasons. */
  readonly onRefused?: (row: number) => void;
}

/** Ends the transaction of an import that only looks. */
class Looked extends Error {}

/**
 * Imports CSV with a heading row, all of it in one transaction: a file that cannot be read to its
 * end changes nothing. Rows that do not fit are reported and left out, the others saved 500 at a
 * time, in the memory of one batch. In known rows only the columns of the heading change. A row is
 * known by its `id`, or by the resource's `importKey`.
 *
 * @throws invalid-input when the file is no CSV, is empty, or its heading names unknown columns;
 * conflict while another
 * import of the resource runs.
 */
export async function importCsv(
  input: AsyncIterable<Uint8Array>,
  { database, service, actorId, words, encoding, look = false, before, onRefused }: ImportOptions,
): Promise<ImportReport> {
  const { resource } = service;
  const report: ImportReport = { created: 0, updated: 0, unchanged: 0, refused: 0, errors: [] };
  const refuse = (refusals: readonly Refusal[]) => {
    report.refused += 1;
    const [first] = refusals;
    if (first) onRefused?.(first.row);
    report.errors.push(...refusals.slice(0, mostErrors - report.errors.length));
  };
  const saveRows = createRowSaver(service, words, actorId);

  /** Saves a batch; when the database refuses it, its halves, down to the row that is to blame. */
  const save = async (rows: readonly GivenRow[], transaction: Database): Promise<void> => {
    const [first] = rows;
    if (!first) return;
    try {
      const { created, updated, unchanged, refusals } = await transaction.transaction((inner) =>
        saveRows(rows, inner),
      );
      report.created += created;
      report.updated += updated;
      report.unchanged += unchanged;
      refusals.forEach(refuse);
    } catch (error) {
      const violation = violationOf(error, resource);
      if (!violation) throw error;
      if (rows.length === 1) {
        refuse([{ row: first.row, field: violation.field, message: words.t(violation.message) }]);
        return;
      }
      const middle = Math.ceil(rows.length / 2);
      await save(rows.slice(0, middle), transaction);
      await save(rows.slice(middle), transaction);
    }
  };

  const known = new Set(["id", ...Object.keys(resource.fields)]);
  const work = async (transaction: Database) => {
    await transaction.raw(`set local idle_in_transaction_session_timeout = ${longestSilence}`);
    const { rows } = await transaction.raw<{ rows: { free: boolean }[] }>(
      "select pg_try_advisory_xact_lock(hashtextextended(?, 0)) as free",
      [`import ${resource.name}`],
    );
    if (rows[0]?.free !== true) throw conflict(words.t("csvBusy"));
    await before?.(transaction);
    const records = readRecords(decodeText(input, encoding, words), known, words);
    const first = await records.next();
    const heading = readHeading(resource, first.done === true ? undefined : first.value, words);
    let batch: GivenRow[] = [];
    let identities = new Set<string>();
    let count = 0;
    const flush = async () => {
      const full = batch;
      batch = [];
      identities = new Set();
      await save(full, transaction);
    };
    for await (const record of records) {
      count += 1;
      const given = toGiven(resource, heading, record, words);
      if (!("id" in given)) {
        refuse(given);
        continue;
      }
      const own = identitiesOf(resource, given);
      // The later row of a file wins.
      if (batch.length >= batchSize || own.some((identity) => identities.has(identity))) await flush();
      batch.push(given);
      for (const identity of own) identities.add(identity);
    }
    if (count === 0) throw refusedFile(words.t("csvEmpty"));
    await flush();
    if (look) throw new Looked();
  };
  await database.transaction(work).catch((error: unknown) => {
    if (!(error instanceof Looked)) throw error;
  });
  if (!look) await service.forgetCached();
  report.errors.sort((one, other) => one.row - other.row);
  return report;
}
