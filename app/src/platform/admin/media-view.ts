import { form, input, problemOf, select } from "../html/form.ts";
import { html, type Content, type Markup } from "../html/html.ts";
import { searchField, searchForm } from "../html/search-form.ts";
import { tableOrNone } from "../html/table.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { FieldProblem } from "../problems/define-problem.ts";
import { acceptedTypes } from "../media/file-type.ts";
import { mediaAddress } from "../media/media-address.ts";
import { largestFile } from "../media/media-service.ts";
import type { MediaFilter, MediaListing } from "./media-store.ts";

/** Place of the files in the admin interface. */
export const mediaPath = "/admin/media";

/** Bytes for people: `0.4 MB`. */
function size(bytes: number, { words }: RequestContext): string {
  return bytes < 100_000
    ? `${words.number(Math.max(1, Math.round(bytes / 1000)))} kB`
    : `${words.number(Math.round(bytes / 100_000) / 10)} MB`;
}

const factKeys = ["type", "size", "seenBy", "owner", "created"] as const;

function factsOf(context: RequestContext, file: MediaListing): Record<(typeof factKeys)[number], Content> {
  const { t, dateTime } = context.words;
  return {
    type: file.content_type,
    size: size(file.bytes, context),
    seenBy: t(file.private ? "seenPrivate" : "seenPublic"),
    owner: file.owner ?? "–",
    created: dateTime(file.created_at),
  };
}

function thumbnail(file: MediaListing): Markup {
  return file.has_thumbnail
    ? html`<img src="${mediaAddress(file, "thumbnail")}" alt="" loading="lazy" />`
    : html`<span class="noimage" aria-hidden="true">${file.content_type.replace(/.*\//, "")}</span>`;
}

/** The table of files. */
export function mediaTable(context: RequestContext, rows: readonly MediaListing[]): Markup {
  const { t } = context.words;
  return tableOrNone(
    context.words,
    [
      { heading: html`<span class="hidden">${t("preview")}</span>`, className: "thumb", cell: thumbnail },
      {
        heading: t("name"),
        names: true,
        cell: (file) => html`<a href="${mediaPath}/${file.id}">${file.original_name}</a>`,
      },
      ...factKeys.map((key) => ({
        heading: t(key),
        cell: (file: MediaListing) => factsOf(context, file)[key],
      })),
    ],
    rows,
    { label: t("media"), className: "list media" },
  );
}

/** Search and filters over the table. */
export function mediaTools({ words }: RequestContext, { search, kind, seen }: MediaFilter): Markup {
  const { t } = words;
  const kinds = [
    ["picture", t("kindPicture")],
    ["document", t("kindDocument")],
  ] as const;
  const audiences = [
    ["public", t("seenPublic")],
    ["private", t("seenPrivate")],
  ] as const;
  return searchForm(words, {
    action: mediaPath,
    fields: [
      searchField(words, search),
      { name: "kind", label: t("type"), value: kind, options: kinds },
      { name: "seen", label: t("seenBy"), value: seen, options: audiences },
    ],
    narrowed: [search, kind, seen].some(Boolean),
  });
}

/** One file: the picture itself or a link to it, what is known of it, and what can be done. */
export function mediaDetails(context: RequestContext, file: MediaListing): Markup {
  const { t } = context.words;
  const address = mediaAddress(file, "content");
  return html`${
      file.content_type.startsWith("image/") &&
      html`<p><img class="preview" src="${address}" alt="${file.original_name}" /></p>`
    }
    <dl class="facts">
      ${factKeys.map(
        (key) =>
          html`<dt>${t(key)}</dt>
            <dd>${factsOf(context, file)[key]}</dd>`,
      )}
    </dl>
    <p class="buttons">
      <a class="button" href="${address}">${t("open")}</a>
      <a class="button danger" href="${mediaPath}/${file.id}/delete">${t("delete")}</a>
      <a href="${mediaPath}">${t("back")}</a>
    </p>`;
}

/** The form that uploads a file. */
export function uploadForm(context: RequestContext, errors: readonly FieldProblem[]): Markup {
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
      problem: problemOf(errors, "file"),
    }),
  ];
  return form(context, {
    action: `${mediaPath}/new`,
    submit: t("upload"),
    fields,
    errors,
    multipart: true,
    cancel: { address: mediaPath, label: t("cancel") },
  });
}

/** The question before a file is deleted. */
export function deleteForm(context: RequestContext, { id }: MediaListing): Markup {
  const { t } = context.words;
  return form(context, {
    action: `${mediaPath}/${id}/delete`,
    submit: t("delete"),
    tone: "danger",
    fields: html`<p>${t("confirmDeleteFile")}</p>`,
    cancel: { address: `${mediaPath}/${id}`, label: t("cancel") },
  });
}
