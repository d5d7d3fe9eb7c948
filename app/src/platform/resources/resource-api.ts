import { z } from "zod";
import type { Database } from "../database/open-database.ts";
import type { ResourceAccess } from "../http/access.ts";
import { defineRoute, type Route } from "../http/route.ts";
import { english } from "../i18n/translator.ts";
import { unsupportedMedia } from "../problems/problems.ts";
import { exportFile, plainCsv } from "./csv-export.ts";
import { importCsv, importReport } from "./csv-import.ts";
import { sendFile } from "./export-rows.ts";
import { type Cursor, listQuerySchema, toListQuery, writeCursor } from "./list-query.ts";
import type { Row } from "./resource.ts";
import type { ResourceService } from "./resource-service.ts";
import { etagOf, rowSchema, toBody, versionsOf } from "./row-body.ts";

/**
 * Parameter of every route on one row. Ids are Postgres' bigint, ours never leave JavaScript's safe
 * integers.
 */
export const idParams = z.object({ id: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER) });

/** The JSON API of a resource: list, read, create, change, delete, CSV in and out. */
export function resourceApi(service: ResourceService, database: Database): Route[] {
  const { resource } = service;
  const path = `/api/v1/${resource.name}`;
  const tag = resource.label.many.en;
  const one = resource.label.one.en.toLowerCase();
  const body = rowSchema(resource);
  const listQuery = listQuerySchema(resource);
  const filterQuery = listQuery.omit({ limit: true, after: true, before: true, sort: true });
  const may = (action: ResourceAccess["action"]) => ({ resource: resource.name, action });
  const missing = { description: `There is no such ${one}` };
  const conflicting = {
    description: "A value that must be unique is taken, or what it refers to is missing",
  };
  const old = { description: "Somebody else changed it: load it again" };

  return [
    defineRoute({
      method: "get",
      path,
      tag,
      access: may("view"),
      summary: `List ${resource.label.many.en.toLowerCase()}`,
      query: listQuery,
      answers: {
        200: {
          description: "A page",
          schema: z.object({
            items: z.array(body),
            next: z.string().nullable(),
            previous: z.string().nullable(),
          }),
        },
      },
      handle: async ({ query }) => {
        const page = await service.list(toListQuery(resource, query));
        const cursor = (place: Cursor | undefined) => (place ? writeCursor(place) : null);
        const items = page.rows.map((row) => toBody(resource, row));
        return { status: 200, json: { items, next: cursor(page.next), previous: cursor(page.previous) } };
      },
    }),
    defineRoute({
      method: "get",
      path: `${path}/export`,
      tag,
      access: may("view"),
      summary: "All as CSV, as a stream",
      query: filterQuery,
      answers: {
        200: { description: "CSV with a heading row", contentType: "text/csv", schema: z.string() },
      },
      handle: async ({ query, response }) => {
        const rows = service.store.all(toListQuery(resource, query));
        await sendFile(response, exportFile(resource, rows, "csv", plainCsv));
        return "sent" as const;
      },
    }),
    defineRoute({
      method: "post",
      path: `${path}/import`,
      tag,
      access: may(["add", "change"]),
      summary: "Import CSV; bad rows are reported and left out, a bad file changes nothing",
      streams: "text/csv",
      answers: {
        200: { description: "What became of the rows", schema: importReport },
        409: { description: "Another import is running" },
      },
      handle: async ({ request, context }) => {
        if (!request.is("text/csv")) throw unsupportedMedia("Send the body as text/csv.");
        const encoding = /;\s*charset="?([^\s";]+)/i.exec(request.get("content-type") ?? "")?.[1];
        // A refusal in the middle must be answered, so the connection has to stay.
        const report = await importCsv(request.iterator({ destroyOnReturn: false }), {
          database,
          service,
          actorId: context.session().person.id,
          words: english,
          encoding,
        });
        return { status: 200, json: report };
      },
    }),
    defineRoute({
      method: "post",
      path,
      tag,
      access: may("add"),
      summary: `Create a ${one}`,
      body: resource.schema,
      brief: true,
      answers: { 201: { description: "The new one", schema: body }, 409: conflicting },
      handle: async ({ body: values, context }) => {
        const row = await service.create(values, context.session().person.id, true);
        const headers = { ETag: etagOf(row), Location: `${path}/${row.id}` };
        return { status: 201, headers, json: toBody(resource, row) };
      },
    }),
    defineRoute({
      method: "get",
      path: `${path}/:id`,
      tag,
      access: may("view"),
      summary: `Read a ${one}`,
      params: idParams,
      row: service.store.rowQuery,
      answers: { 200: { description: "With its ETag", schema: body }, 404: missing },
      handle: async ({ params, row: found }) => {
        const row = (found as Row | undefined) ?? (await service.find(params.id));
        return { status: 200, headers: { ETag: etagOf(row) }, json: toBody(resource, row) };
      },
    }),
    defineRoute({
      method: "put",
      path: `${path}/:id`,
      tag,
      access: may("change"),
      summary: `Change a ${one}; needs If-Match with the ETag you saw`,
      params: idParams,
      body: resource.schema,
      answers: {
        200: { description: "As it is now", schema: body },
        404: missing,
        409: conflicting,
        412: old,
        428: { description: "If-Match is missing" },
      },
      handle: async ({ params, body: values, context, request }) => {
        const versions = versionsOf(request.get("if-match"));
        const row = await service.update(params.id, versions, values, context.session().person.id);
        return { status: 200, headers: { ETag: etagOf(row) }, json: toBody(resource, row) };
      },
    }),
    defineRoute({
      method: "delete",
      path: `${path}/:id`,
      tag,
      access: may("delete"),
      summary: `Delete a ${one}`,
      params: idParams,
      answers: {
        204: { description: "Gone" },
        404: missing,
        409: { description: "Others refer to it" },
        412: old,
      },
      handle: async ({ params, context, request }) => {
        await service.delete(
          params.id,
          versionsOf(request.get("if-match")) ?? "any",
          context.session().person.id,
        );
        return { status: 204 };
      },
    }),
  ];
}
