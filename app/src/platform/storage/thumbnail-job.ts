import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
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
      await storage.remove(thumbnailName(row.name));
      const source = await storage.read(row.name);
      const result = new PassThrough();
      // Both at once: pipeline listens to every stream from the start, so a broken picture is this job's failure only.
      await Promise.all([
        pipeline(source, shrink, result),
        storage.write(thumbnailName(row.name), result, "image/webp"),
      ]);
      await database("media").where({ id: mediaId }).update({ has_thumbnail: true });
    },
  });
}
