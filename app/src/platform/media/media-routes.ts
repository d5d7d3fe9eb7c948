import { pipeline } from "node:stream/promises";
import type { Response } from "express";
import { z } from "zod";
import type { Config } from "../../config.ts";
import { readUpload } from "../http/read-upload.ts";
import { defineRoute, type Reply, type Route } from "../http/route.ts";
import { notFound } from "../problems/problems.ts";
import { idParams } from "../resources/resource-api.ts";
import { mediaAddress } from "./media-address.ts";
import { largestFile, mediaForm, type MediaRow, type MediaService, thumbnailName } from "./media-service.ts";
import type { Storage } from "../storage/storage.ts";

const mediaBody = z.object({
  id: z.number().int(),
  originalName: z.string(),
  contentType: z.string(),
  bytes: z.number().int(),
  private: z.boolean(),
  createdAt: z.iso.datetime(),
  address: z.string(),
  thumbnail: z.string().nullable().describe("null until the job has made it"),
});

/** How long a redirect to the bucket works: long enough to follow it, too short to pass it on. */
const addressSeconds = 60;

function toBody(row: MediaRow): z.output<typeof mediaBody> {
  return {
    id: row.id,
    originalName: row.original_name,
    contentType: row.content_type,
    bytes: row.bytes,
    private: row.private,
    createdAt: row.created_at.toISOString(),
    address: mediaAddress(row, "content"),
    thumbnail: row.has_thumbnail ? mediaAddress(row, "thumbnail") : null,
  };
}

/** Seconds that caches keep a public file: one that was deleted is to be gone from them soon. */
const publicSeconds = 300;

/**
 * A browser may only show an uploaded file. Chrome's PDF viewer does not run in a sandbox, so PDFs
 * go without; scripts in them run in the viewer's own process, and reach nothing of the page's
 * origin.
 */
function policyOf(contentType: string): string {
  const nothing = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
  return contentType === "application/pdf" ? nothing : `${nothing}; sandbox`;
}

/** The API of uploaded files, and the address of public ones. */
export function mediaRoutes(service: MediaService, storage: Storage, media: Config["media"]): Route[] {
  const path = "/api/v1/media";
  const elsewhere = { description: "They are at this address for a minute" };
  const missing = { description: "There is no such file, or it is not yours to see" };

  const send = async (
    response: Response,
    name: string,
    contentType: string,
    more: Record<string, string>,
  ): Promise<Reply> => {
    const headers: Record<string, string> = { "Content-Security-Policy": policyOf(contentType), ...more };
    if (media.accel !== "") {
      response.status(200).set({ "Content-Type": contentType, ...headers });
      response.set("X-Accel-Redirect", media.accel + name).end();
      return "sent";
    }
    const disposition = headers["Content-Disposition"] ?? "inline";
    const address = storage.addressOf(name, { contentType, disposition, seconds: addressSeconds });
    if (address !== undefined) {
      return { status: 302, headers: { Location: address, "Cache-Control": "private, no-store" } };
    }
    const source = await storage.read(name);
    response.status(200).set({ "Content-Type": contentType, ...headers });
    await pipeline(source, response).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE"))
        throw error;
    });
    return "sent";
  };

  const privateHeaders = (row: MediaRow) => ({
    "Cache-Control": "private, no-store",
    "Content-Disposition": `inline; filename*=UTF-8''${encodeURIComponent(row.original_name)}`,
  });

  return [
    defineRoute({
      method: "post",
      path,
      access: "signed-in",
      summary: `Upload a file, ${largestFile / 1024 / 1024} MB at most; fields come before it`,
      form: mediaForm,
      answers: {
        201: { description: "Stored; a thumbnail follows for pictures", schema: mediaBody },
        409: { description: "Your files are over a bound: delete some first" },
        503: { description: "The volume cannot be written, with the reason" },
      },
      handle: async ({ request, context }) => {
        const row = await service.store(context.session().person, () => readUpload(request, mediaForm));
        return { status: 201, json: toBody(row) };
      },
    }),
    defineRoute({
      method: "get",
      path,
      access: "signed-in",
      summary: "List files: your own, and with the permission `view` on media everybody's",
      query: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
      answers: { 200: { description: "Newest first", schema: z.object({ items: z.array(mediaBody) }) } },
      handle: async ({ query, context }) => ({
        status: 200,
        json: { items: (await service.list(context.session().person, query.limit)).map(toBody) },
      }),
    }),
    ...(["content", "thumbnail"] as const).map((part) =>
      defineRoute({
        method: "get",
        path: `${path}/:id/${part}`,
        access: "signed-in",
        summary: part === "content" ? "The bytes of a file" : "The thumbnail of a picture",
        params: idParams,
        answers: { 200: { description: "The bytes", contentType: "*/*" }, 302: elsewhere, 404: missing },
        handle: async ({ params, context, response }) => {
          const row = await service.find(params.id, context.session().person);
          if (part === "content") return send(response, row.name, row.content_type, privateHeaders(row));
          if (!row.has_thumbnail) throw notFound("There is no thumbnail yet.");
          return send(response, thumbnailName(row.name), "image/webp", privateHeaders(row));
        },
      }),
    ),
    defineRoute({
      method: "delete",
      path: `${path}/:id`,
      access: "signed-in",
      summary: "Delete a file",
      params: idParams,
      answers: { 204: { description: "Gone" }, 404: missing },
      handle: async ({ params, context }) => {
        await service.remove(params.id, context.session().person, context);
        return { status: 204 };
      },
    }),
    defineRoute({
      method: "get",
      path: "/media/:name",
      kind: "page",
      access: "public",
      summary: "A public file; where there is a proxy it serves these itself",
      params: z.object({ name: z.string().regex(/^[\w-]+(?:\.thumb)?\.(?:jpg|png|gif|webp|pdf)$/) }),
      answers: { 200: { description: "The bytes" }, 302: elsewhere, 404: missing },
      handle: async ({ params, response }) => {
        const ending = params.name.split(".").at(-1) ?? "";
        const contentType =
          ending === "pdf" ? "application/pdf" : `image/${ending === "jpg" ? "jpeg" : ending}`;
        return send(response, `public/${params.name}`, contentType, {
          "Cache-Control": `public, max-age=${publicSeconds}`,
          // Anybody may open it, so anybody's page may show it.
          "Cross-Origin-Resource-Policy": "cross-origin",
        });
      },
    }),
  ];
}
