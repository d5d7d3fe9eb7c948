import { z } from "zod";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { exportFile, spreadsheetCsv } from "../resources/csv-export.ts";
import { sendFile } from "../resources/export-rows.ts";
import { listQuerySchema, toListQuery } from "../resources/list-query.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { bulkBody, bulkSize, selectedIds } from "./bulk-selection.ts";

const formats = z.enum(["csv", "jsonl"]).default("csv");

/** Rows as a file: all that a list's query finds, or those that are ticked. */
export function resourceExportRoutes(service: ResourceService): Route[] {
  const { resource, store } = service;
  const path = `/admin/${resource.name}`;
  const head = {
    kind: "page",
    access: { resource: resource.name, action: "view" },
    answers: {
      200: { description: "CSV, or JSON lines", contentType: "text/csv" },
      303: { description: "Back to the list: nothing was ticked" },
    },
  } as const;
  return [
    defineRoute({
      ...head,
      method: "get",
      path: `${path}/export`,
      summary: `All of ${resource.name} as CSV or JSON lines`,
      query: listQuerySchema(resource)
        .omit({ limit: true, after: true, before: true, sort: true })
        .extend({ format: formats }),
      handle: async ({ context, query, response }) => {
        const { format } = z.object({ format: formats }).parse(query);
        const rows = store.all(toListQuery(resource, query));
        await sendFile(response, exportFile(resource, rows, format, spreadsheetCsv[context.words.locale]));
        return "sent" as const;
      },
    }),
    ...formats.unwrap().options.map((format) =>
      defineRoute({
        ...head,
        method: "post",
        path: `${path}/export-${format}`,
        summary: `Some of ${resource.name} as ${format}`,
        body: bulkBody,
        formSize: bulkSize,
        handle: async ({ context, body, response }) => {
          const ids = await selectedIds(service, body);
          if (ids.length === 0) return seeOther(`${path}?done=nothingSelected`);
          const rows = await store.some(ids);
          await sendFile(response, exportFile(resource, rows, format, spreadsheetCsv[context.words.locale]));
          return "sent" as const;
        },
      }),
    ),
  ];
}
