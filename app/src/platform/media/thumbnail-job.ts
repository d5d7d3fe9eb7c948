import { setTimeout as sleep } from "node:timers/promises";
import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { Database } from "../database/open-database.ts";
import { defineJob, type Job } from "../jobs/job.ts";
import { loadSharp } from "./load-sharp.ts";
import { type MediaRow, thumbnailJob, thumbnailName } from "./media-service.ts";
import { largestUnpacked, unpackedBytes } from "./picture.ts";
import type { Storage } from "../storage/storage.ts";

/** Longest side of a thumbnail, in pixels. */
const side = 320;
/** Seconds after which the library gives a picture up. */
const patience = 20;
/**
 * Any number that no other code locks: its holder is the only process of the stack that unpacks a
 * picture.
 */
const pictureLock = 7_041_777;
/** Milliseconds between two looks at whether another process has done with its picture. */
const lookEvery = 250;

/**
 * Runs `work` while no other process of the stack does: several of them may share the memory of one
 * container. The lock goes with the transaction, so it goes with its process too.
 */
async function oneAtATime<Result>(
  database: Database,
  signal: AbortSignal,
  work: (transaction: Database) => Promise<Result>,
): Promise<Result> {
  for (;;) {
    const done = await database.transaction(async (transaction) => {
      const { rows } = await transaction.raw<{ rows: { free: boolean }[] }>(
        "select pg_try_advisory_xact_lock(?) as free",
        [pictureLock],
      );
      return rows[0]?.free === true ? { result: await work(transaction) } : undefined;
    });
    if (done) return done.result;
    await sleep(lookEvery, undefined, { signal });
  }
}

/** Makes the thumbnail of a picture. Metadata such as the place it was taken at stays behind. */
export function makeThumbnail(database: Database, storage: Storage): Job {
  const shrink = async (row: MediaRow): Promise<void> => {
    const sharp = await loadSharp();
    const picture = await buffer(await storage.read(row.name));
    const unpacked = unpackedBytes(await sharp(picture, { limitInputPixels: false }).metadata());
    if (unpacked > largestUnpacked) throw new Error(`The picture unpacks to ${unpacked} bytes.`);
    const shrunk = sharp(picture, { limitInputPixels: largestUnpacked })
      .timeout({ seconds: patience })
      .autoOrient()
      .resize(side, side, { fit: "inside", withoutEnlargement: true })
      .webp();
    await storage.remove(thumbnailName(row.name));
    const result = new PassThrough();
    // Both at once: pipeline listens to every stream from the start, so a broken picture is this
    // job's failure only.
    await Promise.all([
      pipeline(shrunk, result),
      storage.write(thumbnailName(row.name), result, "image/webp"),
    ]);
  };
  return defineJob({
    name: thumbnailJob,
    data: z.object({ mediaId: z.number().int() }),
    retries: 3,
    batch: 1,
    parallel: 1,
    run: async ({ mediaId }, { signal }) => {
      const row = await database("media").where({ id: mediaId }).first<MediaRow | undefined>();
      if (!row || row.has_thumbnail) return;
      await oneAtATime(database, signal, async (transaction) => {
        await shrink(row);
        await transaction("media").where({ id: mediaId }).update({ has_thumbnail: true });
      });
    },
  });
}
