import { z } from "zod";
import { invalidInput } from "../problems/problems.ts";
import type { Resource } from "./resource.ts";

/** What a list is asked for. */
export interface ListQuery {
  readonly limit: number;
  /** Field to sort by; `id` is the order of creation. */
  readonly sort: string;
  readonly descending: boolean;
  /** Words that must all occur, as beginnings. */
  readonly search: string | undefined;
  /** Field and the value it must have. */
  readonly filters: readonly (readonly [string, string])[];
  /** Where the page before ended. */
  readonly after: Cursor | undefined;
}

/** The last row of a page: its sort value as text, and its id. */
export interface Cursor {
  readonly value: string;
  readonly id: number;
}

const largestPage = 200;
const usualPage = 50;

const cursorShape = z.tuple([z.string(), z.number().int()]);

export function writeCursor({ value, id }: Cursor): string {
  return Buffer.from(JSON.stringify([value, id])).toString("base64url");
}

/** @throws invalid-input when the text was not made by `writeCursor`. */
function readCursor(text: string): Cursor {
  try {
    const [value, id] = cursorShape.parse(JSON.parse(Buffer.from(text, "base64url").toString()));
    return { value, id };
  } catch (error) {
    const message = "Take it unchanged from `next` of the page before.";
    throw invalidInput("The cursor is not one of ours.", {
      cause: error,
      errors: [{ in: "query", field: "after", message }],
    });
  }
}

function namesWith(resource: Resource, property: "sort" | "filter"): string[] {
  return Object.entries(resource.fields)
    .filter(([, field]) => field[property] === true)
    .map(([name]) => name);
}

/** Fields a list can be sorted by. */
function sortsOf(resource: Resource): readonly string[] {
  return ["id", ...namesWith(resource, "sort")];
}

/** Fields a list can be narrowed by. */
export function filtersOf(resource: Resource): readonly string[] {
  return namesWith(resource, "filter");
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
  return z.strictObject({
    ...filters,
    limit: z.coerce.number().int().min(1).max(largestPage).default(usualPage),
    sort: z
      .enum(sorts as [string, ...string[]])
      .default("-id")
      .describe("A minus in front turns the order round"),
    search: z.string().trim().max(200).optional().describe("Beginnings of words that must all occur"),
    after: z.string().max(1000).optional().describe("`next` of the page before"),
  });
}

/** Turns the parsed query into what the store works with. */
export function toListQuery(resource: Resource, parsed: Readonly<Record<string, unknown>>): ListQuery {
  const text = (name: string): string | undefined => {
    const value = parsed[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const sort = text("sort") ?? "-id";
  const after = text("after");
  return {
    limit: Number(parsed["limit"] ?? usualPage),
    sort: sort.replace(/^-/, ""),
    descending: sort.startsWith("-"),
    search: text("search"),
    filters: filtersOf(resource).flatMap((name) => {
      const value = text(name);
      return value === undefined ? [] : [[name, value] as const];
    }),
    after: after === undefined ? undefined : readCursor(after),
  };
}
