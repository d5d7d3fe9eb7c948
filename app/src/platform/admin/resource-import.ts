import { z } from "zod";
import { form, input, type Refused, select } from "../html/form.ts";
import { wholeForm } from "../html/form-errors.ts";
import { html, type Content } from "../html/html.ts";
import { table } from "../html/table.ts";
import { readUpload, type Upload, type UploadForm } from "../http/read-upload.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route } from "../http/route.ts";
import type { Translator } from "../i18n/translator.ts";
import { Problem } from "../problems/define-problem.ts";
import { tooLarge } from "../problems/problems.ts";
import { importCsv, type ImportReport } from "../resources/csv-import.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { type AdminDeps, adminPage } from "./admin-frame.ts";

const pageAnswer = { description: "A page", contentType: "text/html" };
/** What the form shows again, with the reason. */
const refusals = { 400: pageAnswer, 409: pageAnswer, 413: pageAnswer };

/** Encodings other than Unicode that spreadsheets of our languages save. */
const encodings = ["windows-1251", "windows-1252"] as const;

/** The form that a CSV file comes in. */
const csvForm = {
  fields: z.strictObject({ encoding: z.enum(["", ...encodings]).default("") }),
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

/** CSV in through the admin interface. */
export function resourceImportRoutes(deps: AdminDeps, service: ResourceService): Route[] {
  const { resource } = service;
  const path = `/admin/${resource.name}`;
  const answers = { 200: pageAnswer, ...refusals };

  const page = (context: RequestContext, result: Content, { errors = [], status = 200 }: Refused = {}) => {
    const { t, pick } = context.words;
    const fields = [
      // Before the file, which is read as it comes.
      select({ name: "encoding", label: t("encoding"), value: "" }, [
        ["", t("encodingFound")],
        ...encodings.map((name) => [name, name] as const),
      ]),
      input({ name: "file", type: "file", label: t("file"), required: true, accept: ".csv,text/csv" }),
    ];
    const body = html`${result}
      <p>${t("importText", { columns: Object.keys(resource.fields).join(", ") })}</p>
      ${form(context, { action: `${path}/import`, submit: t("importCsv"), fields, errors, multipart: true, cancel: { address: path, label: t("back") } })}`;
    const title = `${pick(resource.label.many)}: ${t("importCsv")}`;
    return adminPage(deps, context, { here: path, title, body, status });
  };

  const reportView = (context: RequestContext, report: ImportReport): Content => {
    const { t } = context.words;
    return html`<p class="notice" role="status">
        ${t("importDone", { created: report.created, updated: report.updated, refused: report.refused })}
        ${report.unchanged > 0 && t("importUnchanged", { count: report.unchanged })}
      </p>
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

  return [
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
      handle: async ({ context, request }) => {
        try {
          const upload = await readUpload(request, csvForm, context.visitor);
          const report = await importCsv(wholeFile(upload, context.words), {
            database: deps.database,
            service,
            actorId: context.session().person.id,
            words: context.words,
            encoding: upload.fields.encoding,
          });
          return page(context, reportView(context, report));
        } catch (error) {
          if (!(error instanceof Problem) || !Object.hasOwn(refusals, error.status)) throw error;
          const { status, errors = [wholeForm(error.message)] } = error;
          return page(context, undefined, { errors, status });
        }
      },
    }),
  ];
}
