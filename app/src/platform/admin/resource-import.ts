import { Readable } from "node:stream";
import type { Response } from "express";
import { z } from "zod";
import { form, input, type Refused, select } from "../html/form.ts";
import { wholeForm } from "../html/form-errors.ts";
import { html, type Content } from "../html/html.ts";
import { tokenInput } from "../html/page.ts";
import { table } from "../html/table.ts";
import { readUpload, type Upload, type UploadForm } from "../http/read-upload.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Reply, type Route } from "../http/route.ts";
import type { Translator } from "../i18n/translator.ts";
import { Problem } from "../problems/define-problem.ts";
import { conflict, notFound, tooLarge } from "../problems/problems.ts";
import { importCsv, type ImportReport } from "../resources/csv-import.ts";
import { spreadsheetCsv } from "../resources/csv-export.ts";
import { partOfCsv, sampleCsv } from "../resources/csv-part.ts";
import { listQuerySchema, toListQuery } from "../resources/list-query.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { createImportDraftStore } from "../resources/import-draft-store.ts";
import { type AdminDeps, adminPage } from "./admin-frame.ts";

const pageAnswer = { description: "A page", contentType: "text/html" };
/** What the form shows again, with the reason. */
const refusals = { 400: pageAnswer, 409: pageAnswer, 413: pageAnswer };

/** Encodings other than Unicode that spreadsheets of our languages save. */
const encodings = ["windows-1251", "windows-1252"] as const;

/** The form that a CSV file comes in. */
const csvForm = {
  fields: z.strictObject({
    encoding: z.enum(["", ...encodings]).default(""),
    look: z.literal("yes").optional(),
  }),
  accepts: ["text/csv"],
  largest: 64 * 1024 * 1024,
} satisfies UploadForm;

/** The bytes of an upload. @throws too-large, at its end, when it is over the limit */
async function* wholeFile({ stream }: Upload<unknown>, { t }: Translator): AsyncGenerator<Uint8Array> {
  try {
    // A refusal in the middle must be answered, so the connection has to stay.
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } catch (error) {
    const over = error instanceof Problem && error.status === 413;
    throw over ? tooLarge(t("csvTooLarge", { megabytes: csvForm.largest / 1024 / 1024 })) : error;
  }
}

/** Bytes of a file that is looked at first: it is kept in the database meanwhile. */
const largestLook = 8 * 1024 * 1024;

/** A file as a whole. @throws too-large */
async function smallFile(file: AsyncIterable<Uint8Array>, { t }: Translator): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of file) {
    bytes += part.length;
    if (bytes <= largestLook) parts.push(part);
  }
  if (bytes > largestLook)
    throw tooLarge(t("importTooLargeToLook", { megabytes: largestLook / 1024 / 1024 }));
  return Buffer.concat(parts);
}

function sendText(response: Response, name: string, text: string): void {
  response.set({
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": `attachment; filename="${name}"`,
    "Cache-Control": "no-store",
  });
  response.send(text);
}

/** CSV in through the admin interface. */
export function resourceImportRoutes(deps: AdminDeps, service: ResourceService): Route[] {
  const { resource } = service;
  const path = `/admin/${resource.name}`;
  const answers = { 200: pageAnswer, ...refusals };

  const drafts = createImportDraftStore(deps.database);

  const page = (context: RequestContext, result: Content, { errors = [], status = 200 }: Refused = {}) => {
    const { t, pick } = context.words;
    const fields = [
      // Before the file, which is read as it comes.
      select({ name: "encoding", label: t("encoding"), value: "" }, [
        ["", t("encodingFound")],
        ...encodings.map((name) => [name, name] as const),
      ]),
      html`<p class="beside">
        <input type="checkbox" id="look" name="look" value="yes" checked />
        <label for="look">${t("importLook")}</label>
      </p>`,
      input({ name: "file", type: "file", label: t("file"), required: true, accept: ".csv,text/csv" }),
    ];
    const body = html`${result}
      <p>${t("importText", { columns: Object.keys(resource.fields).join(", ") })}</p>
      <p><a href="${path}/import/sample">${t("sampleFile")}</a></p>
      ${form(context, { action: `${path}/import`, submit: t("importCsv"), fields, errors, multipart: true, cancel: { address: path, label: t("back") } })}`;
    const title = `${pick(resource.label.many)}: ${t("importCsv")}`;
    return adminPage(deps, context, { here: path, title, body, status });
  };

  /** What `work` answers, or the form with the reason why it is refused. */
  const explained = async (context: RequestContext, work: () => Promise<Reply>): Promise<Reply> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Problem) || !Object.hasOwn(refusals, error.status)) throw error;
      const { status, errors = [wholeForm(error.message)] } = error;
      return page(context, undefined, { errors, status });
    }
  };

  /** @param draft id of the file, if it is kept; `waiting` while nothing of it is saved. */
  const reportView = (
    context: RequestContext,
    report: ImportReport,
    draft?: { readonly id: string; readonly waiting: boolean },
  ): Content => {
    const { t } = context.words;
    const { created, updated, refused } = report;
    const address = `${path}/import/${draft?.id ?? ""}`;
    return html`<p class="notice" role="status">
        ${t(draft?.waiting === true ? "importLooked" : "importDone", { created, updated, refused })}
        ${report.unchanged > 0 && t("importUnchanged", { count: report.unchanged })}
      </p>
      ${
        draft?.waiting === true &&
        html`<form method="post" action="${address}">
          ${tokenInput(context)}
          <p class="buttons">
            <button class="primary">${t("importNow")}</button> <a href="${path}/import">${t("cancel")}</a>
          </p>
        </form>`
      }
      ${draft && refused > 0 && html`<p><a href="${address}/refused">${t("refusedRows")}</a></p>`}
      ${
        report.errors.length > 0 &&
        html`<h2>${t("importRefused")}</h2>
          ${table(
            [
              { heading: t("line"), cell: ({ row }) => row },
              { heading: t("name"), cell: ({ field }) => field },
              { heading: t("details"), cell: ({ message }) => message },
            ],
            report.errors,
            { label: t("importRefused") },
          )}`
      }`;
  };

  const save = (
    context: RequestContext,
    input: AsyncIterable<Uint8Array>,
    encoding: string,
    more: Pick<Parameters<typeof importCsv>[1], "look" | "before" | "onRefused"> = {},
  ) =>
    importCsv(input, {
      database: deps.database,
      service,
      actorId: context.session().person.id,
      words: context.words,
      encoding,
      ...more,
    });

  const draftOf = async (context: RequestContext, id: string) => {
    const draft = await drafts.find(resource.name, context.session().person.id, id);
    if (!draft) throw notFound(context.words.t("importGone"));
    return draft;
  };

  const head = {
    kind: "page",
    access: { resource: resource.name, action: ["add", "change"] },
    params: z.object({ draft: z.uuid() }),
  } as const;

  return [
    defineRoute({
      ...head,
      method: "post",
      path: `${path}/import/:draft`,
      summary: `Import a file into ${resource.name} that was looked at`,
      body: z.object({}),
      answers,
      handle: async ({ context, params }) => {
        const { draft: id } = params;
        const { content, encoding } = await draftOf(context, id);
        return explained(context, async () => {
          const report = await save(context, Readable.from([content]), encoding, {
            before: async (transaction) => {
              if (!(await drafts.claim(transaction, id))) throw conflict(context.words.t("importedAlready"));
            },
          });
          return page(context, reportView(context, report, { id, waiting: false }));
        });
      },
    }),
    defineRoute({
      ...head,
      method: "get",
      path: `${path}/import/:draft/refused`,
      summary: `Rows of a file for ${resource.name} that did not fit`,
      answers: { 200: { description: "CSV with a heading row", contentType: "text/csv" } },
      handle: async ({ context: { words }, context, params, response }) => {
        const { content, encoding, refused } = await draftOf(context, params.draft);
        const options = { resource, encoding, rows: refused, words, dialect: spreadsheetCsv[words.locale] };
        sendText(
          response,
          `${resource.name}-refused.csv`,
          await partOfCsv(Readable.from([content]), options),
        );
        return "sent" as const;
      },
    }),
    defineRoute({
      method: "get",
      path: `${path}/import/sample`,
      kind: "page",
      access: head.access,
      summary: `Sample of a file for ${resource.name}`,
      answers: { 200: { description: "CSV with a heading row", contentType: "text/csv" } },
      handle: async ({ context: { words }, response }) => {
        const { rows } = await service.list(
          toListQuery(resource, listQuerySchema(resource).parse({ limit: 2 })),
        );
        sendText(response, `${resource.name}.csv`, sampleCsv(resource, rows, spreadsheetCsv[words.locale]));
        return "sent" as const;
      },
    }),
    defineRoute({
      method: "get",
      path: `${path}/import`,
      kind: "page",
      access: { resource: resource.name, action: ["add", "change"] },
      summary: `Form to import CSV into ${resource.name}`,
      answers,
      handle: ({ context }) => page(context, undefined),
    }),
    defineRoute({
      method: "post",
      path: `${path}/import`,
      kind: "page",
      access: { resource: resource.name, action: ["add", "change"] },
      summary: `Import CSV into ${resource.name}`,
      form: csvForm,
      answers,
      handle: ({ context, request }) =>
        explained(context, async () => {
          const upload = await readUpload(request, csvForm, context.visitor);
          const { encoding, look } = upload.fields;
          const file = wholeFile(upload, context.words);
          if (look !== "yes") return page(context, reportView(context, await save(context, file, encoding)));
          const content = await smallFile(file, context.words);
          const refused: number[] = [];
          const report = await save(context, Readable.from([content]), encoding, {
            look: true,
            onRefused: (row) => refused.push(row),
          });
          const { id: ownerId } = context.session().person;
          const id = await drafts.save(resource.name, ownerId, { encoding, content, refused });
          return page(context, reportView(context, report, { id, waiting: true }));
        }),
    }),
  ];
}
