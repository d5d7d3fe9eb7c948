import { z } from "zod";
import type { Resource, Row } from "./resource.ts";

/** Schema of a row as the API shows it: the stored values, with id and times. */
export function rowSchema(resource: Resource): z.ZodObject {
  return z.object({
    id: z.number().int(),
    ...z.object(resource.schema.shape).shape,
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  });
}

/** A row as JSON. */
export function toBody(resource: Resource, row: Row): Record<string, unknown> {
  const fields = Object.keys(resource.fields).map((name) => {
    const value = row[name];
    return [name, value instanceof Date ? value.toISOString() : value] as const;
  });
  return {
    id: row.id,
    ...Object.fromEntries(fields),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

export function etagOf(row: Row): string {
  return `"${row.version}"`;
}

/** Versions that a change may be made to: any of the row, or one of those listed. */
export type Versions = "any" | readonly number[];

/**
 * The versions that an If-Match header names (RFC 9110, 13.1.1); `undefined` when there is no
 * header. Tags that are not ours name no version, so a header of nothing else names none, and no
 * change can be made under it. Ours count weak too: proxies weaken the tag of what they compress.
 */
export function versionsOf(header: string | undefined): Versions | undefined {
  if (header === undefined) return undefined;
  const tags = header.split(",").map((tag) => tag.trim());
  if (tags.includes("*")) return "any";
  return tags.flatMap((tag) => {
    const version = /^(?:W\/)?"([1-9]\d{0,8})"$/.exec(tag)?.[1];
    return version === undefined ? [] : [Number(version)];
  });
}
