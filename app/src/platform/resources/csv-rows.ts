import type { Database } from "../database/open-database.ts";
import { issueMessage } from "../i18n/issue-message.ts";
import type { Translator } from "../i18n/translator.ts";
import { difference, recordChanges } from "./change-log.ts";
import { emptyValue } from "./empty-value.ts";
import type { Resource, Row } from "./resource.ts";
import type { ResourceService } from "./resource-service.ts";
import type { LockedRows } from "./resource-store.ts";

type Values = Readonly<Record<string, unknown>>;

/** A row of a file, with the values of the columns that the file has. */
export interface GivenRow {
  readonly row: number;
  /** Of the row that is to be changed. */
  readonly id: number | undefined;
  readonly values: Values;
}

export interface Refusal {
  readonly row: number;
  readonly field: string;
  readonly message: string;
}

/** What became of rows. */
export interface Outcome {
  readonly created: number;
  readonly updated: number;
  /** Rows that held what was stored already. */
  readonly unchanged: number;
  /** By row that was left out: why. */
  readonly refusals: readonly (readonly Refusal[])[];
}

/** A stored value as the schema has it. */
function fromStored(resource: Resource, name: string, value: unknown): unknown {
  if (value === null || value === undefined) return emptyValue(resource, name, false);
  if (value instanceof Date) return value.toISOString();
  const kind = resource.fields[name]?.control.kind;
  return kind === "number" && typeof value === "string" ? Number(value) : value;
}

/** One text for all ways to write the same value. */
function comparable(resource: Resource, name: string, value: unknown): string {
  const kind = resource.fields[name]?.control.kind;
  const text = kind === "moment" && typeof value === "string" ? new Date(value).toISOString() : value;
  return JSON.stringify(text ?? null);
}

/** Value of the import key in a row, when it has one. */
function keyOf({ importKey }: Resource, { values }: GivenRow): string | undefined {
  const value = importKey === undefined ? undefined : values[importKey];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** What two rows of one batch may not share, since one statement cannot change a row twice. */
export function identitiesOf(resource: Resource, given: GivenRow): readonly string[] {
  const key = keyOf(resource, given)?.toLowerCase();
  return [
    ...(given.id === undefined ? [] : [`id ${given.id}`]),
    ...(key === undefined ? [] : [`key ${key}`]),
  ];
}

/** Saves rows of a file: what its columns say changes, all else of a known row stays. */
export function createRowSaver(service: ResourceService, words: Translator, actorId: number | undefined) {
  const { resource, store } = service;
  const { importKey } = resource;
  const fields = Object.keys(resource.fields);
  const { t } = words;

  /**
   * The stored row that a row means: `id` decides, then the import key. Both must mean the same
   * one.
   */
  const targetOf = (
    given: GivenRow,
    { byId, byKey }: LockedRows,
  ): { readonly before: Row | undefined } | Refusal => {
    const key = keyOf(resource, given);
    const known = key === undefined ? undefined : byKey.get(key);
    if (given.id === undefined) return { before: known };
    const before = byId.get(given.id);
    const { row } = given;
    if (!before) return { row, field: "id", message: t("csvNoSuchId", { id: given.id }) };
    if (importKey === undefined || key === undefined || known?.id === before.id) return { before };
    const name = resource.fields[importKey]?.label;
    return {
      row,
      field: importKey,
      message: t("csvOtherKey", { id: given.id, name: name ? words.pick(name) : importKey }),
    };
  };

  return async (rows: readonly GivenRow[], transaction: Database): Promise<Outcome> => {
    const ids = rows.flatMap(({ id }) => (id === undefined ? [] : [id]));
    const keys = rows.flatMap((given) => keyOf(resource, given) ?? []);
    const stored = await store.lockMany(ids, importKey, keys, transaction);
    const inserts: Values[] = [];
    const updates = new Map<number, { before: Row; after: Values & { id: number } }>();
    const refusals: (readonly Refusal[])[] = [];
    let unchanged = 0;
    for (const given of rows) {
      const target = targetOf(given, stored);
      if ("message" in target) {
        refusals.push([target]);
        continue;
      }
      const { before } = target;
      const kept =
        before && Object.fromEntries(fields.map((name) => [name, fromStored(resource, name, before[name])]));
      const parsed = resource.schema.safeParse({ ...kept, ...given.values }, { error: issueMessage(words) });
      if (!parsed.success) {
        refusals.push(
          parsed.error.issues.map(({ path, message }) => ({
            row: given.row,
            field: path.map(String).join("."),
            message,
          })),
        );
        continue;
      }
      if (!before) {
        inserts.push(parsed.data);
        continue;
      }
      const differs = Object.keys(given.values).some(
        (name) => comparable(resource, name, kept?.[name]) !== comparable(resource, name, parsed.data[name]),
      );
      if (differs) updates.set(before.id, { before, after: { ...parsed.data, id: before.id } });
      else unchanged += 1;
    }
    const created = await store.insertMany(inserts, transaction);
    const named = Object.keys(rows[0]?.values ?? {});
    const updated = await store.updateMany(
      [...updates.values()].map(({ after }) => after),
      named,
      transaction,
    );
    const record = (action: "create" | "update", row: Row, before: Row | undefined) => ({
      resource: resource.name,
      rowId: row.id,
      action,
      actorId,
      fields: { import: [null, "CSV"] as const, ...difference(before, row, fields) },
    });
    await recordChanges(transaction, [
      ...created.map((row) => record("create", row, undefined)),
      ...updated.map((row) => record("update", row, updates.get(row.id)?.before)),
    ]);
    return { created: created.length, updated: updated.length, unchanged, refusals };
  };
}
