import { html, type Content, type Markup } from "../html/html.ts";
import type { RequestContext } from "../http/request-context.ts";
import { mediaAddress } from "../storage/media-address.ts";
import type { MediaFilter, MediaListing } from "./media-store.ts";

/** Place of the files in the admin interface. */
export const mediaPath = "/admin/media";

/** Bytes for people: `0.4 MB`. */
function size(bytes: number, { words }: RequestContext): string {
  return bytes < 100_000
    ? `${words.number(Math.max(1, Math.round(bytes / 1000)))} kB`
    : `${words.number(Math.round(bytes / 100_000) / 10)} MB`;
}

function facts(context: RequestContext, file: MediaListing): readonly (readonly [string, Content])[] {
  const { t, dateTime } = context.words;
  return [
    [t("type"), file.content_type],
    [t("size"), size(file.bytes, context)],
    [t("seenBy"), t(file.private ? "seenPrivate" : "seenPublic")],
    [t("owner"), file.owner ?? "–"],
    [t("created"), dateTime(file.created_at)],
  ];
}

/** The table of files. */
export function mediaTable(context: RequestContext, rows: readonly MediaListing[]): Markup {
  const { t } = context.words;
  const headings = ["type", "size", "seenBy", "owner", "created"] as const;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${t("media")}">
    <table class="list media">
      <thead>
        <tr>
          <th scope="col" class="thumb"><span class="hidden">${t("preview")}</span></th>
          <th scope="col">${t("name")}</th>
          ${headings.map((key) => html`<th scope="col">${t(key)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (file) =>
            html`<tr>
              <td class="thumb">
                ${
                  file.has_thumbnail
                    ? html`<img src="${mediaAddress(file, "thumbnail")}" alt="" loading="lazy" />`
                    : html`<span class="noimage" aria-hidden="true"
                        >${file.content_type.replace(/.*\//, "")}</span
                      >`
                }
              </td>
              <th scope="row"><a href="${mediaPath}/${file.id}">${file.original_name}</a></th>
              ${facts(context, file).map(([, value]) => html`<td>${value}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Search and filters over the table. */
export function mediaTools(context: RequestContext, asked: MediaFilter): Markup {
  const { t } = context.words;
  const choice = (name: "kind" | "seen", label: string, options: readonly (readonly [string, string])[]) =>
    html`<div>
      <label for="${name}">${label}</label>
      <select id="${name}" name="${name}">
        <option value="">${t("any")}</option>
        ${options.map(([value, text]) => html`<option value="${value}" ${asked[name] === value && html` selected`}>${text}</option>`)}
      </select>
    </div>`;
  return html`<form class="tools" method="get" action="${mediaPath}" role="search">
    <div>
      <label for="search">${t("search")}</label
      ><input id="search" type="search" name="search" value="${asked.search ?? ""}" />
    </div>
    ${choice("kind", t("type"), [
      ["picture", t("kindPicture")],
      ["document", t("kindDocument")],
    ])}
    ${choice("seen", t("seenBy"), [
      ["public", t("seenPublic")],
      ["private", t("seenPrivate")],
    ])}
    <button>${t("apply")}</button>
    ${(asked.search ?? asked.kind ?? asked.seen) && html`<a href="${mediaPath}">${t("all")}</a>`}
  </form>`;
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
      ${facts(context, file).map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    <p class="buttons">
      <a class="button" href="${address}">${t("open")}</a>
      <a class="button danger" href="${mediaPath}/${file.id}/delete">${t("delete")}</a>
      <a href="${mediaPath}">${t("back")}</a>
    </p>`;
}
