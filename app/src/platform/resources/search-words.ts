import { columnOf, type Resource } from "./resource.ts";

/** SQL that rows must fulfil to be found, with its bindings. */
type Condition = readonly [sql: string, bindings: readonly string[]];

/** What `word_parts` splits words at as well. */
const between = /[\s!-/:-@[-`{-~«»„“”‘’–—…·]+/;

/**
 * The text that is searched, as SQL. The index of a resource with `searchFields` is on just this:
 * `create index … using gin (word_parts(coalesce(name, '') || ' ' || coalesce(notes, '')))`.
 */
export function searchText(fields: readonly string[]): string {
  return fields.map((name) => `coalesce("${columnOf(name)}", '')`).join(" || ' ' || ");
}

const quoted = (word: string) => `'${word.replaceAll(/['\\]/g, "$&$&")}':*`;

/**
 * `anna tv` becomes `'anna':* & 'tv':*`: every word a beginning, quoted so that nothing in it is an
 * operator.
 */
export function searchCondition(
  { searchFields, searchColumn }: Resource,
  search: string,
): Condition | undefined {
  const words = (split: RegExp) => search.split(split).filter((word) => word !== "");
  if (searchFields) {
    const parts = words(between).map((word) => quoted(word.toLowerCase()));
    // Nothing but punctuation finds nothing, as with a search column.
    if (parts.length === 0) return ["false", []];
    return [`word_parts(${searchText(searchFields)}) @@ ?::tsquery`, [parts.join(" & ")]];
  }
  if (searchColumn === undefined) return undefined;
  return ["?? @@ to_tsquery('simple', ?)", [searchColumn, words(/\s+/).map(quoted).join(" & ")]];
}
