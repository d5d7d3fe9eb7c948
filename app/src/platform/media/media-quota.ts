import type { Config } from "../../config.ts";
import type { Database } from "../database/open-database.ts";
import { conflict, unavailable } from "../problems/problems.ts";
import type { Storage } from "../storage/storage.ts";

const mebibyte = 1024 * 1024;

/** Any number that no other code locks: uploads are added up one after the other. */
const quotaLock = 7_041_778;

/** Bytes for people, in the unit of the settings. */
const inMebibytes = (bytes: number) => `${Math.floor(bytes / mebibyte)} MiB`;

/**
 * Bounds what is stored: per person in files and bytes, and all of it as a share of the disk.
 *
 * @returns checks that `bytes` more of a person fit. In a transaction it holds a lock until that
 * ends: of uploads that come together each sees the others' rows, so no number of them gets past a
 * bound.
 */
export function createMediaQuota(config: Config["media"], storage: Storage) {
  return {
    /** @throws conflict if the person's share is used up, unavailable if everybody's is */
    async require(database: Database, ownerId: number, bytes: number): Promise<void> {
      if (database.isTransaction === true) await database.raw("select pg_advisory_xact_lock(?)", [quotaLock]);
      const [used] = await database("media").select<{ all: string; own: string; files: number }[]>(
        database.raw("coalesce(sum(bytes), 0) as all"),
        database.raw("coalesce(sum(bytes) filter (where owner_id = ?), 0) as own", [ownerId]),
        database.raw("count(*) filter (where owner_id = ?) as files", [ownerId]),
      );
      const { quotaBytes, quotaFiles, diskShare } = config;
      const [all, own, files] = [Number(used?.all), Number(used?.own), Number(used?.files)];
      if (quotaFiles > 0 && files >= quotaFiles)
        throw conflict(`You have ${files} files, and ${quotaFiles} are the most: delete some first.`);
      if (quotaBytes > 0 && own + bytes > quotaBytes)
        throw conflict(
          `Your files take ${inMebibytes(own)} of ${inMebibytes(quotaBytes)}: delete some first.`,
        );
      const disk = await storage.diskBytes();
      if (disk !== undefined && all + bytes > (disk * diskShare) / 100)
        throw unavailable(
          `Uploads are not possible: all files take ${inMebibytes(all)}, and MEDIA_SHARE is ${diskShare} % of the disk.`,
        );
    },
  };
}
