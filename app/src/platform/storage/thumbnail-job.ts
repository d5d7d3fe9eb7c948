import { createReadStream } from "node:fs";
import { PassThrough } from "node:stream";
import { z } from "zod";
import type { Database } from "../database/open-database.ts";
import { defineJob, type Job } from "../jobs/job.ts";
import { type MediaRow, thumbnailJob, thumbnailName } from "./media-service.ts";
import type { Storage } from "./storage.ts";

/** Longest side of a thumbnail, in pixels. */
const side = 320;
/** Pictures that unpack to more than this are refused: a small file can claim to be huge. */
const mostPixels = 50_000_000;

/** Makes the thumbnail of a picture. Metadata such as the place it was taken at stays behind. */
export function makeThumbnail(database: Database, storage: Storage): Job {
  return defineJob({
    name: thumbnailJob,
    data: z.object({ mediaId: z.number().int() }),
    retries: 3,
    run: async ({ mediaId }) => {
      const row = await database("media").where({ id: mediaId }).first<MediaRow | undefined>();
      if (!row || row.has_thumbnail) return;
      // Loaded by the first picture only: the library takes a while and the web processes never need it.
      const { default: sharp } = await import("sharp");
      const shrink = sharp({ limitInputPixels: mostPixels })
        .rotate()
        .resize(side, side, { fit: "inside", withoutEnlargement: true })
        .webp();
      const result = new PassThrough();
      const source = createReadStream(storage.pathOf(row.name));
      source.on("error", (error) => shrink.destroy(error));
      shrink.on("error", (error) => result.destroy(error));
      source.pipe(shrink).pipe(result);
      await storage.remove(thumbnailName(row.name));
      await storage.write(thumbnailName(row.name), result);
      await database("media").where({ id: mediaId }).update({ has_thumbnail: true });
    },
  });
}
