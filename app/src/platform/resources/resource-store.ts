import type { Database } from "../database/open-database.ts";
import { omit } from "../omit.ts";
import { insertRowOf } from "./insert-row.ts";
import { type Count, countRows, countValues, type ValueCounts } from "./list-count.ts";
import type { Cursor, ListQuery, Selection } from "./list-query.ts";
import { narrowedRows, ordered } from "./list-rows.ts";
import { columnOf, type Resource, type Row } from "./resource.ts";

type Values = Readonly<Record<string, unknown>>;

/** A page of rows, and where the next one starts. */
export interface Page {
  readonly rows: readonly Row[];
  readonly next: Cursor | undefined;
  /** Where the page before ends. */
  readonly previous?: Cursor | undefined;
}

/** A row by its title. */
export interface Named {
  readonly id: number;
  readonly title: string;
}

/** Found rows that `lookUp` sorts: however many there are, it reads no more. */
const mostFound = 100;
/** Rows that `lookUp` reads of a resource without a search column. */
const newestRows = 2000;

/** Locked rows: by id, and by value of a key as it was given. */
export interface LockedRows {
  readonly byId: ReadonlyMap<number, Row>;
  readonly byKey: ReadonlyMap<string, Row>;
}

/** The queries that every resource has. Writes take the transaction that they are a part of. */
export interface ResourceStore {
  /** A page of rows. */
  list(query: ListQuery): Promise<Page>;
  /** How many rows there are; many are estimated, so that it costs the same however many. */
  count(query: Selection): Promise<Count>;
  /**
   * How often each value of the fields that a list is narrowed by occurs; none where there are too
   * many rows to look at.
   */
  valueCounts(query: Selection): Promise<ValueCounts>;
  /** All rows in order of id, a batch (500 rows by default) at a time, in memory one batch only. */
  all(query: Selection, batch?: number): AsyncGenerator<Row>;
  /** The rows that have these ids, in order of id. */
  some(ids: readonly number[]): Promise<readonly Row[]>;
  find(id: number): Promise<Row | undefined>;
  /** SQL that finds a row by its id, which is $2, for a look-up together with the session. */
  readonly rowQuery: string;
  /** Reads a row that is about to change; no other transaction changes it until this one ends. */
  lock(id: number, transaction: Database): Promise<Row | undefined>;
  /**
   * Inserts a row and records it in the history, in one statement. The row is as it was inserted:
   * what a trigger changes after that is not in it.
   */
  insert(values: Values, actorId: number | undefined, on: Database): Promise<Row>;
  /** Inserts a row under an id that it had before. Its version is one more than `version`. */
  insertAs(id: number, values: Values, version: number, transaction: Database): Promise<Row>;
  /**
   * Replaces the values of a row that is locked; what `values` leaves out gets its column's
   * default.
   */
  update(locked: Row, values: Values, transaction: Database): Promise<Row>;
  delete(id: number, transaction: Database): Promise<void>;
  /**
   * Reads the rows that have these ids, or these values of `key` whatever their case. No other
   * transaction changes them until this one ends.
   */
  lockMany(
    ids: readonly number[],
    key: string | undefined,
    values: readonly string[],
    transaction: Database,
  ): Promise<LockedRows>;
  /** Inserts rows and returns them in order of id. */
  insertMany(rows: readonly Values[], transaction: Database): Promise<readonly Row[]>;
  /**
   * Changes the fields `changed` of many locked rows in one statement, each to a value of its own.
   */
  updateMany(
    rows: readonly (Values & { readonly id: number })[],
    changed: readonly string[],
    transaction: Database,
  ): Promise<readonly Row[]>;
  /** Titles of the rows with these ids, for references. */
  titles(ids: readonly number[]): Promise<ReadonlyMap<number, string>>;
  /**
   * Rows that a text may mean, in order of their titles: those whose title it is, and those that a
   * search for it finds. Without a search column, only the newest rows are looked at.
   */
  lookUp(text: string, limit: number): Promise<readonly Named[]>;
}

/** The queries that every resource has. */
export function createResourceStore(database: Database, resource: Resource): ResourceStore {
  const { table } = resource;
  const insertRow = insertRowOf(resource);
  const names = ["id", ...Object.keys(resource.fields), "createdAt", "updatedAt", "version"];
  const columns = Object.fromEntries(names.map((name) => [name, columnOf(name)]));
  const toColumns = (values: Values) =>
    Object.fromEntries(
      Object.entries(values).flatMap(([name, value]) =>
        value === undefined ? [] : [[columnOf(name), value] as const],
      ),
    );
  const defaults = Object.fromEntries(
    Object.keys(resource.fields).map((name) => [columnOf(name), database.raw("default")]),
  );

  const narrowed = (query: Selection) => narrowedRows(database, resource, query);

  return {
    rowQuery: database(table).select(columns).where("id", database.raw("$2")).toQuery(),

    async list(query: ListQuery): Promise<Page> {
      // One more than asked for tells whether there is another page, without counting.
      const found: (Row & { sort_value: string })[] = await ordered(narrowed(query), query)
        .limit(query.limit + 1)
        .select(columns)
        .select(database.raw("??::text as sort_value", [columnOf(query.sort)]));
      const more = found.length > query.limit;
      const page = found.slice(0, query.limit);
      if (query.before) page.reverse();
      const cursorOf = (row: (typeof page)[number] | undefined) =>
        row && { value: row.sort_value, id: row.id };
      return {
        rows: page.map((row) => omit(row, "sort_value") as Row),
        next: more || query.before ? cursorOf(page.at(-1)) : undefined,
        previous: query.after || (query.before && more) ? cursorOf(page[0]) : undefined,
      };
    },

    count: (query: Selection) => countRows(database, resource, query),

    valueCounts: (query: Selection) => countValues(database, resource, query),

    async *all(query: Selection, batch = 500): AsyncGenerator<Row> {
      for (let after = 0; ;) {
        const rows = await narrowed(query)
          .where("id", ">", after)
          .orderBy("id")
          .limit(batch)
          .select<Row[]>(columns);
        yield* rows;
        const last = rows.at(-1);
        if (rows.length < batch || !last) return;
        after = last.id;
      }
    },

    async some(ids: readonly number[]): Promise<readonly Row[]> {
      return database(table).whereIn("id", ids).orderBy("id").select<Row[]>(columns);
    },

    async find(id: number): Promise<Row | undefined> {
      return database(table).where({ id }).first<Row | undefined>(columns);
    },

    async lock(id: number, transaction: Database): Promise<Row | undefined> {
      return transaction(table).where({ id }).forUpdate().first<Row | undefined>(columns);
    },

    insert: (values: Values, actorId: number | undefined, on: Database) =>
      insertRow(on, toColumns(values), actorId),

    async insertAs(id: number, values: Values, version: number, transaction: Database): Promise<Row> {
      const given: Record<string, unknown> = { ...toColumns(values), id, version: version + 1 };
      const names = Object.keys(given);
      await transaction.raw(
        `insert into ?? (${names.map(() => "??").join(", ")}) overriding system value values (${names.map(() => "?").join(", ")})`,
        [table, ...names, ...(Object.values(given) as string[])],
      );
      const row = await transaction(table).where({ id }).first<Row | undefined>(columns);
      if (!row) throw new Error(`Postgres returned no row for an insert into ${table}.`);
      return row;
    },

    async update({ id, version }: Row, values: Values, transaction: Database): Promise<Row> {
      await transaction(table)
        .where({ id })
        .update({ ...defaults, ...toColumns(values), updated_at: database.fn.now(), version: version + 1 });
      const row = await transaction(table).where({ id }).first<Row | undefined>(columns);
      if (!row) throw new Error(`Postgres lost row ${id} of ${table} while it was locked.`);
      return row;
    },

    async delete(id: number, transaction: Database): Promise<void> {
      await transaction(table).where({ id }).delete();
    },

    async lockMany(
      ids: readonly number[],
      key: string | undefined,
      values: readonly string[],
      transaction: Database,
    ): Promise<LockedRows> {
      const byId = transaction(table).whereIn("id", ids).orderBy("id").forUpdate().select<Row[]>(columns);
      const byKey =
        key === undefined
          ? []
          : transaction(table)
              .joinRaw("join unnest(?::text[]) as asked(asked_key) on lower(??) = lower(asked_key)", [
                [...values],
                columnOf(key),
              ])
              .orderBy("id")
              .forUpdate(table)
              .select<(Row & { asked_key: string })[]>(columns, "asked_key");
      return {
        byId: new Map((await byId).map((row) => [row.id, row])),
        byKey: new Map((await byKey).map((row) => [row.asked_key, omit(row, "asked_key") as Row])),
      };
    },

    async insertMany(rows: readonly Values[], transaction: Database): Promise<readonly Row[]> {
      if (rows.length === 0) return [];
      const made = await transaction(table).insert(rows.map(toColumns)).returning<{ id: number }[]>("id");
      const ids = made.map(({ id }) => id);
      return transaction(table).whereIn("id", ids).orderBy("id").select<Row[]>(columns);
    },

    async updateMany(
      rows: readonly (Values & { readonly id: number })[],
      changed: readonly string[],
      transaction: Database,
    ): Promise<readonly Row[]> {
      if (rows.length === 0) return [];
      const places = changed.map(columnOf);
      const values = rows.map((row) => ({
        id: row.id,
        ...Object.fromEntries(changed.map((name) => [columnOf(name), row[name] ?? null])),
      }));
      await transaction.raw(
        `update ?? as old set ${places.map(() => "?? = new.??, ").join("")}updated_at = now(), version = old.version + 1
         from jsonb_populate_recordset(null::??, ?) as new where old.id = new.id`,
        [table, ...places.flatMap((place) => [place, place]), table, JSON.stringify(values)],
      );
      const ids = rows.map(({ id }) => id);
      return transaction(table).whereIn("id", ids).orderBy("id").select<Row[]>(columns);
    },

    async titles(ids: readonly number[]): Promise<ReadonlyMap<number, string>> {
      const rows = await database(table)
        .whereIn("id", ids)
        .select<{ id: number; title: unknown }[]>({ id: "id", title: columnOf(resource.title) });
      return new Map(rows.map(({ id, title }) => [id, String(title)]));
    },

    async lookUp(text: string, limit: number): Promise<readonly Named[]> {
      const title = columnOf(resource.title);
      const like = `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
      const newest = database(table).orderBy("id", "desc").limit(newestRows).select("id", title);
      const searched = resource.searchColumn !== undefined || resource.searchFields !== undefined;
      const found = searched
        ? narrowed({ search: text, filters: [] })
        : database(newest.as("newest")).whereRaw("??::text ilike ?", [title, like]);
      const named = { id: "id", title: database.raw("??::text", [title]) };
      const exact = database(table).whereRaw("??::text = ?", [title, text]).limit(limit).select(named);
      const sorted = resource.fields[resource.title]?.sort === true;
      const [same, others] = await Promise.all([
        sorted ? exact.then((rows: Named[]) => rows) : [],
        database(found.limit(mostFound).select(named).as("found"))
          .orderBy(["title", "id"])
          .limit(limit)
          .select<Named[]>("id", "title"),
      ]);
      const known = new Set(same.map(({ id }) => id));
      return [...same, ...others.filter(({ id }) => !known.has(id))].slice(0, limit);
    },
  };
}
