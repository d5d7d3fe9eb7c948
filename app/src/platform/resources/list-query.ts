import { z } from "zod";
import { invalidInput } from "../problems/problems.ts";
import { emptyValue } from "./empty-value.ts";
import type { Resource } from "./resource.ts";

/** Which rows are asked for. */
export interface Selection {
  /** Words that must all occur: as beginnings, or anywhere with `searchFields`. */
  readonly search: string | undefined;
  /** Field and the value it must have. */
  readonly filters: readonly (readonly [string, string])[];
  /** Ends of ranges; both belong to the range. */
  readonly bounds?: readonly Bound[];
  /** Field, and whether it must be empty or must not. */
  readonly emptiness?: readonly (readonly [string, boolean])[];
}

/** One end of a range of a field's values. */
interface Bound {
  readonly field: string;
  readonly end: "from" | "to";
  readonly value: string;
}

/** What a list is asked for. */
export interface ListQuery extends Selection {
  readonly limit: number;
  /** Field to sort by; `id` is the order of creation. */
  readonly sort: string;
  readonly descending: boolean;
  /** Where the page before ended. */
  readonly after: Cursor | undefined;
  /** Where the page after begins; in place of `after`. */
  readonly before?: Cursor | undefined;
}

/** The last row of a page: its sort value as text, and its id. */
export interface Cursor {
  readonly value: string;
  readonly id: number;
}

const largestPage = 200;
export const usualPage = 50;
/** Sizes of a page that people choose from. */
export const pageSizes = [20, usualPage, 100, largestPage] as const;

const cursorShape = z.tuple([z.string(), z.number().int()]);

export function writeCursor({ value, id }: Cursor): string {
  return Buffer.from(JSON.stringify([value, id])).toString("base64url");
}

/** @throws invalid-input when the text was not made by `writeCursor`. */
function readCursor(text: string, field: "after" | "before"): Cursor {
  try {
    const [value, id] = cursorShape.parse(JSON.parse(Buffer.from(text, "base64url").toString()));
    return { value, id };
  } catch (error) {
    const message = "Take it unchanged from `next` or `previous` of another page.";
    throw invalidInput("The cursor is not one of ours.", {
      cause: error,
      errors: [{ in: "query", field, message }],
    });
  }
}

function namesWith(resource: Resource, property: "sort" | "filter"): string[] {
  return Object.entries(resource.fields)
    .filter(([, field]) => field[property] === true)
    .map(([name]) => name);
}

/** Fields a list can be sorted by. */
export function sortsOf(resource: Resource): readonly string[] {
  return ["id", ...namesWith(resource, "sort")];
}

/** Fields a list can be narrowed by. */
export function filtersOf(resource: Resource): readonly string[] {
  return namesWith(resource, "filter");
}

/** Kinds of control whose values have an order that people ask for. */
const ordered: ReadonlySet<string> = new Set(["number", "date", "moment"]);

/** Fields a list can be narrowed by a range of: those with an order, whose index serves it. */
export function rangesOf(resource: Resource): readonly string[] {
  return namesWith(resource, "sort").filter((name) => ordered.has(resource.fields[name]?.control.kind ?? ""));
}

/** Fields a list can be narrowed by emptiness of: filters that may be empty. */
export function emptiesOf(resource: Resource): readonly string[] {
  return filtersOf(resource).filter(
    (name) => resource.fields[name]?.control.kind !== "checkbox" && emptyValue(resource, name) !== undefined,
  );
}

function boundSchema(resource: Resource, name: string): z.ZodType {
  const { kind } = resource.fields[name]?.control ?? {};
  if (kind === "number")
    return z
      .union([z.literal(""), z.string().regex(/^-?\d{1,15}(?:\.\d{1,9})?$/, "is not a number")])
      .optional();
  if (kind === "date") return z.union([z.literal(""), z.iso.date()]).optional();
  return z.union([z.literal(""), z.iso.datetime({ local: true, offset: true })]).optional();
}

/** An empty value counts as none: a form sends every field it has. */
function filterSchema(resource: Resource, name: string): z.ZodType {
  const kind = resource.fields[name]?.control.kind;
  const whole = z.string().regex(/^(?:\d{1,15})?$/, "is not a whole number");
  if (kind === "number" || kind === "reference") return whole.optional();
  if (kind === "date") return z.union([z.literal(""), z.iso.date()]).optional();
  if (kind === "checkbox") return z.enum(["", "true", "false"]).optional();
  return z.string().max(200).optional();
}

/** Schema of the query of a list: `?sort=-name&search=…&city=…&limit=…&after=…`. */
export function listQuerySchema(resource: Resource) {
  const sorts = sortsOf(resource).flatMap((name) => [name, `-${name}`]);
  const filters = Object.fromEntries(filtersOf(resource).map((name) => [name, filterSchema(resource, name)]));
  const bounds = Object.fromEntries(
    rangesOf(resource).flatMap((name) =>
      (["from", "to"] as const).map((end) => [`${name}-${end}`, boundSchema(resource, name)]),
    ),
  );
  const emptiness = Object.fromEntries(
    emptiesOf(resource).map((name) => [`${name}-empty`, z.enum(["", "yes", "no"]).optional()]),
  );
  const inside = resource.searchFields !== undefined;
  return z.strictObject({
    ...filters,
    ...bounds,
    ...emptiness,
    limit: z.coerce.number().int().min(1).max(largestPage).default(usualPage),
    sort: z
      .enum(sorts as [string, ...string[]])
      .optional()
      .describe(
        "A minus in front turns the order round; `-id`, or the first range's field downwards, if unset",
      ),
    search: z
      .string()
      .trim()
      .max(200)
      .optional()
      .describe(`${inside ? "Parts" : "Beginnings"} of words that must all occur`),
    after: z.string().max(1000).optional().describe("`next` of the page before"),
    before: z.string().max(1000).optional().describe("`previous` of the page after, in place of `after`"),
  });
}

/** Turns the parsed query into what the store works with. */
export function toListQuery(resource: Resource, parsed: Readonly<Record<string, unknown>>): ListQuery {
  const text = (name: string): string | undefined => {
    const value = parsed[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const after = text("after");
  const before = text("before");
  const bounds = rangesOf(resource).flatMap((field) =>
    (["from", "to"] as const).flatMap((end) => {
      const value = text(`${field}-${end}`);
      return value === undefined ? [] : [{ field, end, value }];
    }),
  );
  // The index that serves the range gives its rows in this order.
  const sort = text("sort") ?? (bounds[0] ? `-${bounds[0].field}` : "-id");
  return {
    limit: Number(parsed["limit"] ?? usualPage),
    sort: sort.replace(/^-/, ""),
    descending: sort.startsWith("-"),
    search: text("search"),
    filters: filtersOf(resource).flatMap((name) => {
      const value = text(name);
      return value === undefined ? [] : [[name, value] as const];
    }),
    bounds,
    emptiness: emptiesOf(resource).flatMap((name) => {
      const value = text(`${name}-empty`);
      return value === undefined ? [] : [[name, value === "yes"] as const];
    }),
    after: after === undefined ? undefined : readCursor(after, "after"),
    before: after !== undefined || before === undefined ? undefined : readCursor(before, "before"),
  };
}
