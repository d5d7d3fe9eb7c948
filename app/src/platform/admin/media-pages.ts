import { z } from "zod";
import { callerOf } from "../accounts/caller.ts";
import type { Refused } from "../html/form.ts";
import { html } from "../html/html.ts";
import { pager } from "../html/table.ts";
import { readUpload } from "../http/read-upload.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { Problem } from "../problems/define-problem.ts";
import { notFound } from "../problems/problems.ts";
import { idParams } from "../resources/resource-api.ts";
import { mediaForm } from "../media/media-service.ts";
import { type AdminDeps, adminPage, queryOf } from "./admin-frame.ts";
import { createMediaStore, type MediaListing } from "./media-store.ts";
import {
  deleteForm,
  mediaDetails,
  mediaPath as path,
  mediaTable,
  mediaTools,
  uploadForm,
} from "./media-view.ts";

const head = {
  kind: "page",
  access: "staff",
  answers: {
    200: { description: "A page", contentType: "text/html" },
    303: { description: "On" },
    404: { description: "No such file" },
  },
} as const;

/** A form's value if nothing was chosen. */
const unchosen = z.literal("").transform(() => undefined);

const listQuery = z.object({
  search: z.string().max(200).optional(),
  kind: z.union([z.enum(["picture", "document"]), unchosen]).optional(),
  seen: z.union([z.enum(["public", "private"]), unchosen]).optional(),
  after: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER).optional(),
  done: z.string().optional(),
});

/** Files: find, look at, upload, delete. For staff. */
export function mediaPages(deps: AdminDeps): Route[] {
  const store = createMediaStore(deps.database);
  const { media } = deps.services;

  const find = async (id: number, context: RequestContext): Promise<MediaListing> => {
    await media.find(id, context.session().person);
    const file = await store.find(id);
    if (!file) throw notFound(`There is no file ${id}.`);
    return file;
  };

  const uploadPage = (context: RequestContext, { errors = [], status = 200 }: Refused = {}) => {
    const body = uploadForm(context, errors);
    return adminPage(deps, context, { here: path, title: context.words.t("upload"), body, status });
  };

  const list = defineRoute({
    ...head,
    method: "get",
    path,
    summary: "List of files",
    query: listQuery,
    handle: async ({ context, query }) => {
      const { words } = context;
      const { search, kind, seen, after } = query;
      const { person } = context.session();
      const ownerId = media.maySeeAll(person) ? undefined : person.id;
      const { rows, next } = await store.list({ ...query, ownerId });
      const body = html`${media.mayUpload(person) && html`<p class="buttons"><a class="button primary" href="${path}/new">${words.t("upload")}</a></p>`}
      ${mediaTools(context, query)} ${mediaTable(context, rows)}
      ${pager(words, (cursor) => path + queryOf({ search, kind, seen, after: cursor }), { next, first: after !== undefined })}`;
      return adminPage(deps, context, { here: path, title: words.t("media"), body });
    },
  });

  const newFile = defineRoute({
    ...head,
    method: "get",
    path: `${path}/new`,
    summary: "Form to upload a file",
    handle: ({ context }) => {
      media.requireUpload(context.session().person);
      return uploadPage(context);
    },
  });

  const upload = defineRoute({
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
        const { status, errors = [{ in: "body", field: "file", message: error.message }] } = error;
        return uploadPage(context, { errors, status });
      }
    },
  });

  const show = defineRoute({
    ...head,
    method: "get",
    path: `${path}/:id`,
    summary: "One file",
    params: idParams,
    handle: async ({ context, params }) => {
      const file = await find(params.id, context);
      const body = mediaDetails(context, file);
      return adminPage(deps, context, { here: path, title: file.original_name, body });
    },
  });

  const confirmDelete = defineRoute({
    ...head,
    method: "get",
    path: `${path}/:id/delete`,
    summary: "Ask before deleting a file",
    params: idParams,
    handle: async ({ context, params }) => {
      const file = await find(params.id, context);
      const title = context.words.t("confirmDelete", { name: file.original_name });
      return adminPage(deps, context, { here: path, title, body: deleteForm(context, file) });
    },
  });

  const remove = defineRoute({
    ...head,
    method: "post",
    path: `${path}/:id/delete`,
    summary: "Delete a file",
    params: idParams,
    body: z.object({}),
    handle: async ({ context, params }) => {
      await media.remove(params.id, context.session().person, callerOf(context));
      return seeOther(`${path}?done=deleted`);
    },
  });

  // The form for a new file has a fixed address: it comes before `:id`.
  return [list, newFile, upload, show, confirmDelete, remove];
}
