import { z } from "zod";
import type { Resource } from "./resource.ts";

/** Kinds of control whose field can hold an empty text. */
const texts: ReadonlySet<string> = new Set(["text", "email", "textarea"]);

/**
 * What an empty box of a form, or an empty cell of a CSV file, says of a field: the first of these
 * that the field's schema takes. When it takes none, the schema says that the field cannot be
 * empty.
 *
 * @param text whether an empty text comes before nothing at all.
 */
export function emptyValue(resource: Resource, name: string, text = true): unknown {
  const kind = resource.fields[name]?.control.kind;
  const field = resource.schema.shape[name] as z.ZodType | undefined;
  if (kind === "checkbox") return false;
  if (!field || kind === undefined) return undefined;
  const nothing = [undefined, null];
  const values = texts.has(kind) ? (text ? ["", ...nothing] : [...nothing, ""]) : nothing;
  return values.find((value) => z.safeParse(field, value).success);
}
