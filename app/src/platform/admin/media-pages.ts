import { z } from "zod";
import { callerOf } from "../accounts/caller.ts";
import { form, input, select } from "../html/form.ts";
import { html } from "../html/html.ts";
import { readUpload } from "../http/read-upload.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { type FieldProblem, Problem } from "../problems/define-problem.ts";
import { notFound } from "../problems/problems.ts";
import { idParams } from "../resources/resource-api.ts";
import { acceptedTypes } from "../storage/file-type.ts";
import { largestFile, mediaForm } from "../storage/media-service.ts";
import { type AdminDeps, adminPage, queryOf } from "./admin-frame.ts";
import { createMediaStore, type MediaListing } from "./media-store.ts";
import { mediaDetails, mediaPath as path, mediaTable, mediaTools } from "./media-view.ts";

/** What a form sends where nothing was chosen. */
const unchosen = z.literal("").transform(() => undefined);

/** Files: find, look at, upload, delete. For staff. */
export function mediaPages(deps: AdminDeps): Route[] {
  const store = createMediaStore(deps.database);
  const { media } = deps.services;
  const answers = {
    200: { description: "A page", contentType: "text/html" },
    303: { description: "On" },
    404: { description: "No such file" },
  };
  const head = { kind: "page", access: "staff", answers } as const;

  const find = async (id: number, context: RequestContext): Promise<MediaListing> => {
    await media.find(id, context.session().person);
    const file = await store.find(id);
    if (!file) throw notFound(`There is no file ${id}.`);
    return file;
  };

  const uploadForm = (context: RequestContext, errors: readonly FieldProblem[] = [], status = 200) => {
    const { t } = context.words;
    const fields = [
      // Before the file: the form is read as it comes in.
      select({ name: "private", label: t("seenBy"), value: "yes" }, [
        ["yes", t("seenPrivate")],
        ["no", t("seenPublic")],
      ]),
      input({
        name: "file",
        type: "file",
        label: t("file"),
        hint: t("uploadHint", { megabytes: largestFile / 1024 / 1024 }),
        required: true,
        accept: acceptedTypes.join(","),
        problem: errors.find(({ field }) => field === "file")?.message,
      }),
    ];
    const body = form(context, {
      action: `${path}/new`,
      submit: t("upload"),
      fields,
      errors,
      multipart: true,
      cancel: { address: path, label: t("cancel") },
    });
    return adminPage(deps, context, path, t("upload"), body, status);
  };

  return [
    defineRoute({
      ...head,
      method: "get",
      path,
      summary: "List of files",
      query: z.object({
        search: z.string().max(200).optional(),
        kind: z.union([z.enum(["picture", "document"]), unchosen]).optional(),
        seen: z.union([z.enum(["public", "private"]), unchosen]).optional(),
        after: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER).optional(),
        done: z.string().optional(),
      }),
      handle: async ({ context, query }) => {
        const { t } = context.words;
        const { search, kind, seen } = query;
        const { person } = context.session();
        const { rows, next } = await store.list({
          ...query,
          ownerId: media.maySeeAll(person) ? undefined : person.id,
        });
        const body = html`${media.mayUpload(person) && html`<p class="buttons"><a class="button primary" href="${path}/new">${t("upload")}</a></p>`}
          ${mediaTools(context, query)}
          ${rows.length === 0 ? html`<p class="empty">${t("none")}</p>` : mediaTable(context, rows)}
          <nav class="pager" aria-label="${t("next")}">
            ${query.after !== undefined && html`<a class="button" href="${path}${queryOf({ search, kind, seen })}">${t("first")}</a>`}
            ${next !== undefined && html`<a class="button" rel="next" href="${path}${queryOf({ search, kind, seen, after: String(next) })}">${t("next")}</a>`}
          </nav>`;
        return adminPage(deps, context, path, t("media"), body);
      },
    }),
    defineRoute({
      ...head,
      method: "get",
      path: `${path}/new`,
      summary: "Form to upload a file",
      handle: ({ context }) => {
        media.requireUpload(context.session().person);
        return uploadForm(context);
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: `${path}/new`,
      summary: "Upload a file",
      form: mediaForm,
      handle: async ({ context, request }) => {
        try {
          const { person } = context.session();
          const file = await media.store(person, () => readUpload(request, mediaForm, context.visitor));
          return seeOther(`${path}/${file.id}?done=saved`);
        } catch (error) {
          // 403 is no matter of the form; everything else the person can mend, or wait for.
          if (!(error instanceof Problem) || ![400, 409, 413, 429, 503].includes(error.status)) throw error;
          return uploadForm(
            context,
            error.errors ?? [{ in: "body", field: "file", message: error.message }],
            error.status,
          );
        }
      },
    }),
    defineRoute({
      ...head,
      method: "get",
      path: `${path}/:id`,
      summary: "One file",
      params: idParams,
      handle: async ({ context, params }) => {
        const file = await find(params.id, context);
        return adminPage(deps, context, path, file.original_name, mediaDetails(context, file));
      },
    }),
    defineRoute({
      ...head,
      method: "get",
      path: `${path}/:id/delete`,
      summary: "Ask before deleting a file",
      params: idParams,
      handle: async ({ context, params }) => {
        const { t } = context.words;
        const file = await find(params.id, context);
        const body = form(context, {
          action: `${path}/${file.id}/delete`,
          submit: t("delete"),
          tone: "danger",
          fields: html`<p>${t("confirmDeleteFile")}</p>`,
          cancel: { address: `${path}/${file.id}`, label: t("cancel") },
        });
        return adminPage(deps, context, path, t("confirmDelete", { name: file.original_name }), body);
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: `${path}/:id/delete`,
      summary: "Delete a file",
      params: idParams,
      body: z.object({}),
      handle: async ({ context, params }) => {
        const { person } = context.session();
        await media.remove(params.id, person, callerOf(context));
        return seeOther(`${path}?done=deleted`);
      },
    }),
  ];
}
