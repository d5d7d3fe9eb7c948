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

/** The version in an If-Match header; `undefined` where there is none or it is not one of ours. */
export function versionOf(header: string | undefined): number | undefined {
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(header ?? "")?.[1];
  return version === undefined ? undefined : Number(version);
}
