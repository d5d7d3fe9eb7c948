import type { Cache } from "../cache/cache.ts";
import type { Database } from "../database/open-database.ts";
import { filtersOf } from "./list-query.ts";
import { columnOf, type Resource } from "./resource.ts";

/** Values that fields can be narrowed to, by field. */
export type FilterChoices = Readonly<Record<string, readonly string[]>>;

/** Values offered of one field. */
const most = 50;
/**
 * Seconds after which a write that did not come through the resource's service, such as one by SQL,
 * shows.
 */
const keepSeconds = 60;

/**
 * Jumps from value to value along the index on (column, id), so that it costs the same however many
 * rows there are.
 */
const distinctValues = `with recursive found(value) as (
  (select ?? from ?? order by ?? limit 1)
  union all
  select (select ?? from ?? where ?? > found.value order by ?? limit 1) from found where found.value is not null
) select value from found where value <> '' limit ?`;

/**
 * What people choose from when they narrow a list by a text field. It is asked for with every page
 * of a list and would be the dearest of its queries, so it is cached; every write through the
 * resource's service makes it forgotten.
 */
export function createFilterChoices(database: Database, cache: Cache, resource: Resource) {
  const fields = filtersOf(resource).filter((name) => resource.fields[name]?.control.kind === "text");
  const key = `filter choices of ${resource.name}`;

  const valuesOf = async (field: string): Promise<readonly string[]> => {
    const column = columnOf(field);
    const places = [column, resource.table, column];
    const { rows } = await database.raw<{ rows: { value: string }[] }>(distinctValues, [
      ...places,
      ...places,
      column,
      most,
    ]);
    return rows.map(({ value }) => value);
  };

  return {
    async read(): Promise<FilterChoices> {
      if (fields.length === 0) return {};
      return cache.read(key, keepSeconds, async () => {
        const found = await Promise.all(fields.map(async (name) => [name, await valuesOf(name)] as const));
        return Object.fromEntries(found);
      });
    },
    async forget(): Promise<void> {
      if (fields.length > 0) await cache.forget(key);
    },
  };
}
