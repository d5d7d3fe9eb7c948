import type { Database } from "../database/open-database.ts";
import type { MediaRow } from "../media/media-service.ts";

/** A file with its owner's address. */
export interface MediaListing extends MediaRow {
  readonly owner: string | null;
}

/** What the list of files can be narrowed to. */
export interface MediaFilter {
  /** Part of the file's name. */
  readonly search?: string | undefined;
  readonly kind?: "picture" | "document" | undefined;
  readonly seen?: "public" | "private" | undefined;
  /** Only this person's; all people's if unset. */
  readonly ownerId?: number | undefined;
  /** Id of the last file of the page before. */
  readonly after?: number | undefined;
}

const pageSize = 30;

/** The queries of the pages on files. */
export function createMediaStore(database: Database) {
  const listing = () =>
    database("media as m")
      .leftJoin("users as u", "u.id", "m.owner_id")
      .select<MediaListing[]>("m.*", "u.email as owner");
  return {
    /** Newest first. */
    async list(filter: MediaFilter): Promise<{ rows: MediaListing[]; next: number | undefined }> {
      const query = listing()
        .orderBy("m.id", "desc")
        .limit(pageSize + 1);
      if (filter.after !== undefined) void query.where("m.id", "<", filter.after);
      if (filter.ownerId !== undefined) void query.where({ "m.owner_id": filter.ownerId });
      if (filter.search) {
        void query.whereILike("m.original_name", `%${filter.search.replaceAll(/[\\%_]/g, "\\$&")}%`);
      }
      if (filter.kind === "picture") void query.whereLike("m.content_type", "image/%");
      if (filter.kind === "document") void query.whereNot("m.content_type", "like", "image/%");
      if (filter.seen) void query.where({ "m.private": filter.seen === "private" });
      const found = await query;
      const rows = found.slice(0, pageSize);
      return { rows, next: found.length > pageSize ? rows.at(-1)?.id : undefined };
    },

    async find(id: number): Promise<MediaListing | undefined> {
      return (await listing().where({ "m.id": id }))[0];
    },
  };
}
