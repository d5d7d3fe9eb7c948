import type { Readable } from "node:stream";
import { parse } from "csv-parse";
import { z } from "zod";
import type { Database } from "../database/open-database.ts";
import { invalidInput } from "../problems/problems.ts";
import { recordChanges } from "./change-log.ts";
import { type Control, type Resource } from "./resource.ts";
import type { ResourceService } from "./resource-service.ts";

/** What became of an import. */
export const importReport = z.object({
  created: z.number().int(),
  updated: z.number().int(),
  refused: z.number().int().describe("Rows that were left out"),
  errors: z
    .array(
      z.object({
        row: z.number().int().describe("Line of the table, its heading being 1"),
        field: z.string(),
        message: z.string(),
      }),
    )
    .describe("Why, for the first rows that were"),
});
export type ImportReport = z.output<typeof importReport>;

const batchSize = 500;
const mostErrors = 200;
const longestRecord = 64 * 1024;

type Values = Record<string, unknown>;

/** Text of a cell as the schema wants it. */
function fromCell(text: string, control: Control): unknown {
  if (control.kind === "checkbox") return /^(?:1|true|yes|да)$/i.test(text);
  if (text === "") return undefined;
  if (control.kind === "number" || control.kind === "reference") return Number(text);
  return text.replace(/^'(?=[=+\-@\t\r])/, "");
}

function toValues(resource: Resource, cells: Readonly<Record<string, string>>): Values {
  const entries = Object.entries(resource.fields).flatMap(([name, field]) => {
    const cell = cells[name];
    const value = cell === undefined ? undefined : fromCell(cell, field.control);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

function checkHeading(resource: Resource, heading: readonly string[]): string[] {
  const known = new Set(["id", ...Object.keys(resource.fields)]);
  const unknown = heading.filter((name) => !known.has(name));
  if (unknown.length > 0 || heading.length === 0) {
    const message = `Unknown columns: ${unknown.join(", ") || "none given"}. Known: ${[...known].join(", ")}.`;
    throw invalidInput(message, { errors: [{ in: "body", field: "", message }] });
  }
  return [...heading];
}

/**
 * Imports CSV with a heading row. Good rows are saved 500 at a time, each batch whole; bad ones are reported and left
 * out. Where the resource has an `importKey`, rows with a known key change what is there. Memory is that of one batch,
 * however long the file.
 *
 * @throws invalid-input when the file is no CSV or its heading names unknown columns; batches before that stay saved.
 */
export async function importCsv(
  input: Readable,
  database: Database,
  service: ResourceService,
  actorId: number | undefined,
): Promise<ImportReport> {
  const { resource, store } = service;
  const { importKey } = resource;
  const report: ImportReport = { created: 0, updated: 0, refused: 0, errors: [] };
  let batch = new Map<string, { row: number; values: Values }>();

  const refuse = (row: number, errors: readonly { field: string; message: string }[]) => {
    report.refused += 1;
    for (const error of errors) if (report.errors.length < mostErrors) report.errors.push({ row, ...error });
  };

  const save = async (rows: readonly Values[]) =>
    database.transaction(async (transaction) => {
      const saved =
        importKey === undefined
          ? (await Promise.all(rows.map((values) => store.insert(values, transaction)))).map(({ id }) => ({
              id,
              created: true,
            }))
          : await store.upsert(rows, importKey, transaction);
      await recordChanges(
        transaction,
        saved.map(({ id, created }) => ({
          resource: resource.name,
          rowId: id,
          action: created ? "create" : "update",
          actorId,
          fields: { import: [null, "CSV"] },
        })),
      );
      return saved;
    });

  const flush = async () => {
    const rows = [...batch.values()];
    batch = new Map();
    if (rows.length === 0) return;
    try {
      for (const { created } of await save(rows.map(({ values }) => values)))
        report[created ? "created" : "updated"] += 1;
    } catch (error) {
      const [only] = rows;
      if (rows.length > 1 || !only) {
        // One row that the database refuses must not take its batch along: save them one by one.
        for (const row of rows) {
          batch.set("one", row);
          await flush();
        }
        return;
      }
      await service
        .explained(() => Promise.reject(error instanceof Error ? error : new Error("refused")))
        .catch((problem: unknown) => {
          refuse(only.row, [{ field: "", message: problem instanceof Error ? problem.message : "refused" }]);
        });
    }
  };

  const parser = input.pipe(
    parse({
      bom: true,
      columns: (heading: string[]) =>
        checkHeading(
          resource,
          heading.map((name) => name.trim()),
        ),
      delimiter: [",", ";", "\t"],
      max_record_size: longestRecord,
      relax_column_count_less: true,
      skip_empty_lines: true,
      trim: true,
    }),
  );
  input.on("error", (error) => parser.destroy(error));
  let row = 1;
  try {
    for await (const cells of parser as AsyncIterable<Record<string, string>>) {
      row += 1;
      const parsed = resource.schema.safeParse(toValues(resource, cells));
      if (!parsed.success) {
        refuse(
          row,
          parsed.error.issues.map(({ path, message }) => ({ field: path.map(String).join("."), message })),
        );
        continue;
      }
      const key = importKey === undefined ? String(row) : String(parsed.data[importKey]).toLowerCase();
      // One statement cannot change a row twice; the later line of the file wins.
      if (batch.has(key)) await flush();
      batch.set(key, { row, values: parsed.data });
      if (batch.size >= batchSize) await flush();
    }
    await flush();
  } catch (error) {
    if (error instanceof Error && "code" in error && String(error.code).startsWith("CSV_")) {
      const message = `The file stops being CSV after row ${row}: ${error.message}`;
      throw invalidInput(message, { cause: error, errors: [{ in: "body", field: "", message }] });
    }
    throw error;
  } finally {
    // Rows before a failure stay.
    await service.forgetCached();
  }
  return report;
}
