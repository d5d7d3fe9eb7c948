import type { Cache } from "../cache/cache.ts";
import { isWithin } from "../database/follow-transactions.ts";
import type { Database } from "../database/open-database.ts";
import { english } from "../i18n/translator.ts";
import {
  changedMeanwhile,
  conflict,
  invalidInput,
  notFound,
  preconditionNeeded,
} from "../problems/problems.ts";
import {
  type Change,
  changesOf,
  countChanges,
  deletionsOf,
  difference,
  recordChanges,
} from "./change-log.ts";
import { createFilterChoices, type FilterChoices } from "./filter-choices.ts";
import type { ListQuery } from "./list-query.ts";
import { type Resource, type Row } from "./resource.ts";
import type { Versions } from "./row-body.ts";
import { createResourceStore, type Page, type ResourceStore } from "./resource-store.ts";
import { violationOf } from "./violation.ts";

type Values = Readonly<Record<string, unknown>>;

const allows = (versions: Versions, { version }: Row): boolean =>
  versions === "any" || versions.includes(version);

/** What everything does with the rows of a resource: the API, the pages, imports and modules. */
export interface ResourceService {
  readonly resource: Resource;
  /** Its queries, without rules, history and cache. */
  readonly store: ResourceStore;
  /** A page of rows. */
  list(query: ListQuery): Promise<Page>;
  /** One row. @throws not-found */
  find(id: number): Promise<Row>;
  /**
   * Creates a row.
   *
   * @param last whether a transaction that this is part of ends when this fails; otherwise it can
   * go on.
   * @throws conflict and invalid-input that name the field.
   */
  create(values: Values, actorId: number | undefined, last?: boolean): Promise<Row>;
  /**
   * Changes a row.
   *
   * @param versions those the caller saw; if the stored one is none of them, another change came
   * first.
   * @throws not-found, precondition-needed without versions, changed-meanwhile, conflict.
   */
  update(
    id: number,
    versions: Versions | undefined,
    values: Values,
    actorId: number | undefined,
  ): Promise<Row>;
  /**
   * Deletes a row.
   *
   * @param versions those the caller saw, or `any`.
   * @throws not-found, changed-meanwhile, conflict when others refer to it.
   */
  delete(id: number, versions: Versions, actorId: number | undefined): Promise<void>;
  /** Deletes several rows or none. @throws conflict when others refer to one of them. */
  deleteMany(ids: readonly number[], actorId: number | undefined): Promise<void>;
  /**
   * Sets fields of several rows, all or none; rows that are gone are left out.
   *
   * @throws conflict and invalid-input that name the field.
   */
  changeMany(ids: readonly number[], values: Values, actorId: number | undefined): Promise<void>;
  /** The values that filters offer, by field. */
  filterChoices(): Promise<FilterChoices>;
  /** Drops cached values of the rows. For code that writes many rows of the store by itself. */
  forgetCached(): Promise<void>;
  /**
   * Brings a deleted row back under its id, as it was when it was deleted.
   *
   * @throws not-found when nothing was deleted under the id; conflict when another row has a value
   * that must be unique, or what it refers to is gone.
   */
  restore(id: number, actorId: number | undefined): Promise<Row>;
  /** A row as it was after one of its changes; `undefined` when there is no such change. */
  versionOf(row: Row, changeId: number): Promise<Row | undefined>;
  /** The changes of a row, newest first; those of a deleted one too. */
  history(id: number): Promise<Change[]>;
  /** Deletions, newest first, a page at a time. `before` is the `next` of the page before. */
  deletions(
    before: number | undefined,
  ): Promise<{ readonly changes: readonly Change[]; readonly next: number | undefined }>;
}

/** The rules every resource has: versions, conflicts, history. */
export function createResourceService(database: Database, cache: Cache, resource: Resource): ResourceService {
  const store = createResourceStore(database, resource);
  const choices = createFilterChoices(database, cache, resource);
  const fields = Object.keys(resource.fields);

  /** Turns what the database does not allow into a problem that names the field. */
  const explained = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      const violation = violationOf(error, resource);
      if (!violation) throw error;
      const { field } = violation;
      const message = english.t(violation.message);
      const kind = violation.message === "doesNotFit" ? invalidInput : conflict;
      throw kind(message, { cause: error, errors: [{ in: "body", field, message }] });
    }
  };

  /** Writes in one transaction; after the commit, cached values of the rows are dropped. */
  const write = async <Result>(work: (transaction: Database) => Promise<Result>): Promise<Result> => {
    const result = await explained(() => database.transaction(work));
    await choices.forget();
    return result;
  };

  const found = (id: number, row: Row | undefined): Row => {
    if (!row) throw notFound(`There is no ${resource.label.one.en.toLowerCase()} ${id}.`);
    return row;
  };
  const find = async (id: number): Promise<Row> => found(id, await store.find(id));
  const lock = async (id: number, transaction: Database): Promise<Row> =>
    found(id, await store.lock(id, transaction));

  return {
    resource,
    store,
    list: (query: ListQuery) => store.list(query),
    find,

    async create(values: Values, actorId: number | undefined, last = false): Promise<Row> {
      const insert = (on: Database) => store.insert(values, actorId, on);
      const row = await explained(() =>
        last || !isWithin() ? insert(database) : database.transaction(insert),
      );
      await choices.forget();
      return row;
    },

    async update(
      id: number,
      versions: Versions | undefined,
      values: Values,
      actorId: number | undefined,
    ): Promise<Row> {
      return write(async (transaction) => {
        const before = await lock(id, transaction);
        if (versions === undefined) {
          throw preconditionNeeded("Send If-Match with the ETag of the version you saw.");
        }
        if (!allows(versions, before)) {
          throw changedMeanwhile("Load it again, and repeat your change if it still makes sense.");
        }
        const row = await store.update(before, values, transaction);
        const changed = difference(before, row, fields);
        await recordChanges(transaction, [
          { resource: resource.name, rowId: id, action: "update", actorId, fields: changed },
        ]);
        return row;
      });
    },

    async delete(id: number, versions: Versions, actorId: number | undefined): Promise<void> {
      await write(async (transaction) => {
        const before = await lock(id, transaction);
        if (!allows(versions, before)) throw changedMeanwhile("Load it again before you delete it.");
        await store.delete(id, transaction);
        const changed = difference(before, undefined, fields);
        await recordChanges(transaction, [
          { resource: resource.name, rowId: id, action: "delete", actorId, fields: changed },
        ]);
      });
    },

    async deleteMany(ids: readonly number[], actorId: number | undefined): Promise<void> {
      await write(async (transaction) => {
        // In one order, so that two of these never wait for each other.
        for (const id of [...ids].sort((one, other) => one - other)) {
          const before = await store.lock(id, transaction);
          if (!before) continue;
          await store.delete(id, transaction);
          const changed = difference(before, undefined, fields);
          await recordChanges(transaction, [
            { resource: resource.name, rowId: id, action: "delete", actorId, fields: changed },
          ]);
        }
      });
    },

    async changeMany(ids: readonly number[], values: Values, actorId: number | undefined): Promise<void> {
      await write(async (transaction) => {
        const { byId } = await store.lockMany(ids, undefined, [], transaction);
        const changed = Object.keys(values);
        const rows = [...byId.keys()].map((id) => ({ ...values, id }));
        const after = await store.updateMany(rows, changed, transaction);
        await recordChanges(
          transaction,
          after.map((row) => ({
            resource: resource.name,
            rowId: row.id,
            action: "update",
            actorId,
            fields: difference(byId.get(row.id), row, fields),
          })),
        );
      });
    },

    async restore(id: number, actorId: number | undefined): Promise<Row> {
      return write(async (transaction) => {
        const [last] = await changesOf(transaction, resource.name, id, 1);
        if (last?.action !== "delete")
          throw notFound(`No deleted ${resource.label.one.en.toLowerCase()} ${id}.`);
        const values = Object.fromEntries(
          fields.flatMap((name) => {
            const before = last.fields[name]?.[0] ?? null;
            return before === null ? [] : [[name, before] as const];
          }),
        );
        const row = await store.insertAs(
          id,
          values,
          await countChanges(transaction, resource.name, id),
          transaction,
        );
        const changed = difference(undefined, row, fields);
        await recordChanges(transaction, [
          { resource: resource.name, rowId: id, action: "create", actorId, fields: changed },
        ]);
        return row;
      });
    },

    async versionOf(row: Row, changeId: number): Promise<Row | undefined> {
      const changes = await changesOf(database, resource.name, row.id);
      const index = changes.findIndex(({ id }) => id === changeId);
      if (index < 0) return undefined;
      const undone = changes
        .slice(0, index)
        .map(({ fields: changed }) =>
          Object.fromEntries(Object.entries(changed).map(([name, [before]]) => [name, before])),
        );
      return Object.assign({}, row, ...undone) as Row;
    },

    filterChoices: () => choices.read(),
    forgetCached: () => choices.forget(),
    history: (id: number) => changesOf(database, resource.name, id),
    deletions: (before: number | undefined) => deletionsOf(database, resource.name, before),
  };
}
