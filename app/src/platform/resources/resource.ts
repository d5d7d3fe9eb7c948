import type { z } from "zod";
import type { Words } from "../i18n/translator.ts";

/** How a field is shown and edited. */
export type Control =
  | { readonly kind: "text" | "email" | "textarea" | "number" | "date" | "moment" | "checkbox" }
  | { readonly kind: "choice"; readonly options: Readonly<Record<string, Words>> }
  /** The id of a row of another resource. */
  | { readonly kind: "reference"; readonly resource: string };

/** One field of a resource. Its rules are in the resource's schema; this is how people meet it. */
export interface Field {
  readonly label: Words;
  readonly control: Control;
  readonly hint?: Words;
  /** Shown as a column of the list. */
  readonly list?: boolean;
  /** The list can be sorted by it: needs an index on (column, id), and no nulls. */
  readonly sort?: boolean;
  /** The list can be narrowed to one value: needs an index on (column, id). */
  readonly filter?: boolean;
}

/**
 * A table that the API and the admin interface serve. One declaration gives list, search, filter,
 * sort, pages, view, create, edit, delete, CSV import and export, history and permissions.
 *
 * The table needs `id` (bigint identity), `created_at`, `updated_at` and `version`. Columns are the
 * fields' names in snake_case.
 */
export interface Resource {
  /**
   * Plural, in small letters and dashes; also its place under /api/v1 and /admin, and the key of
   * permissions.
   */
  readonly name: string;
  readonly table: string;
  readonly label: { readonly one: Words; readonly many: Words };
  /** What a row is made of when it is written, without id and times. */
  readonly schema: z.ZodObject;
  readonly fields: Readonly<Record<string, Field>>;
  /** Name of the field that stands for the row, for headings and references. */
  readonly title: string;
  /**
   * Column of type tsvector with a GIN index that search looks in; without one there is no search.
   * Make it `generated always as (to_tsvector('simple', …)) stored`.
   */
  readonly searchColumn?: string;
  /**
   * Fields that search looks inside the words of, in place of `searchColumn`. Needs the GIN index
   * on `word_parts(…)` that `searchText` tells of.
   */
  readonly searchFields?: readonly string[];
  /** Field whose value identifies a row in a CSV import, next to the id. Needs a unique index. */
  readonly importKey?: string;
}

/** A row as the API shows it. */
export interface Row {
  readonly id: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
  readonly [field: string]: unknown;
}

/**
 * Checks a declaration against itself, so that a slip shows at start and not at the first click.
 */
export function defineResource(resource: Resource): Resource {
  const fields = Object.keys(resource.fields);
  const known = Object.keys(resource.schema.shape);
  const wrong = [
    ...fields.filter((name) => !known.includes(name)).map((name) => `field ${name} is not in the schema`),
    ...known.filter((name) => !fields.includes(name)).map((name) => `schema key ${name} has no field`),
    ...(resource.searchFields ?? [])
      .filter((name) => !known.includes(name))
      .map((name) => `searched field ${name} is not in the schema`),
    ...(known.includes(resource.title) ? [] : [`title ${resource.title} is not in the schema`]),
    ...(/^[a-z][a-z0-9-]*$/.test(resource.name) ? [] : ["the name is not small letters, digits and dashes"]),
  ];
  if (wrong.length > 0) throw new Error(`Resource ${resource.name}: ${wrong.join("; ")}.`);
  return resource;
}

/** Column of a field. */
export function columnOf(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
