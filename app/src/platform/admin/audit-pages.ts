import { z } from "zod";
import { html, type Markup } from "../html/html.ts";
import { searchForm } from "../html/search-form.ts";
import { pager, tableOrNone } from "../html/table.ts";
import { defineRoute, type Route } from "../http/route.ts";
import type { Translator } from "../i18n/translator.ts";
import { type AdminDeps, adminPage, queryOf } from "./admin-frame.ts";
import { type AuditListing, createAuditStore } from "./audit-store.ts";

const path = "/admin/audit";

function auditTable(words: Translator, rows: readonly AuditListing[]): Markup {
  const { t, dateTime } = words;
  return tableOrNone(
    words,
    [
      { heading: t("time"), cell: (row) => dateTime(row.at) },
      { heading: t("event"), cell: (row) => html`<code>${row.event}</code>` },
      { heading: t("who"), cell: (row) => row.actor ?? "–" },
      { heading: t("subject"), cell: (row) => row.subject },
      { heading: t("address"), cell: (row) => row.address },
      {
        heading: t("details"),
        cell: (row) => html`<code class="small">${JSON.stringify(row.details)}</code>`,
      },
    ],
    rows,
    { label: t("auditLog"), className: "list" },
  );
}

/** The audit log. For admins only. */
export function auditPages(deps: AdminDeps): Route[] {
  const store = createAuditStore(deps.database);
  return [
    defineRoute({
      method: "get",
      path,
      kind: "page",
      access: "admin",
      summary: "The audit log",
      query: z.object({
        event: z.string().max(100).optional(),
        subject: z.string().max(300).optional(),
        after: z.coerce.number().int().positive().optional(),
      }),
      answers: { 200: { description: "A page", contentType: "text/html" } },
      handle: async ({ context: { words }, context, query }) => {
        const { event, subject } = query;
        const { rows, next } = await store.list(query);
        const fields = (["event", "subject"] as const).map((name) => ({
          name,
          label: words.t(name),
          value: query[name],
        }));
        const body = html`${searchForm(words, { action: path, fields })} ${auditTable(words, rows)}
        ${pager(words, (after) => path + queryOf({ event, subject, after }), { next })}`;
        return adminPage(deps, context, { here: path, title: words.t("auditLog"), body });
      },
    }),
  ];
}
