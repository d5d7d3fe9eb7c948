import type { Database } from "../database/open-database.ts";

/** A file that was looked at and may be imported. */
interface ImportDraft {
  readonly encoding: string;
  readonly content: Buffer;
  /** Rows of the table that did not fit, its heading being 1. */
  readonly refused: readonly number[];
}

/** Files that one person may have waiting. */
const mostDrafts = 5;

/** The queries on files that wait for their import. */
export function createImportDraftStore(database: Database) {
  return {
    /** Keeps a file and returns its id; the oldest of the same person go. */
    async save(resource: string, ownerId: number, draft: ImportDraft): Promise<string> {
      return database.transaction(async (transaction) => {
        const [row] = await transaction("import_drafts")
          .insert({ ...draft, refused: [...draft.refused], resource, owner_id: ownerId })
          .returning<{ id: string }[]>("id");
        if (!row) throw new Error("Postgres returned no row of an insert.");
        const newest = transaction("import_drafts")
          .where({ owner_id: ownerId })
          .orderBy("created_at", "desc")
          .limit(mostDrafts)
          .select("id");
        await transaction("import_drafts").where({ owner_id: ownerId }).whereNotIn("id", newest).delete();
        return row.id;
      });
    },

    /** A person's own file. */
    async find(resource: string, ownerId: number, id: string): Promise<ImportDraft | undefined> {
      return database("import_drafts")
        .where({ resource, owner_id: ownerId, id })
        .first<ImportDraft | undefined>("encoding", "content", "refused");
    },

    /** Takes a file for its import, as part of that; only one import of it gets true. */
    async claim(transaction: Database, id: string): Promise<boolean> {
      const claimed = await transaction("import_drafts")
        .where({ id, imported_at: null })
        .update({ imported_at: transaction.fn.now() });
      return claimed > 0;
    },

    /** Deletes files that have waited for a day. */
    async sweep(): Promise<void> {
      await database("import_drafts")
        .where("created_at", "<", database.raw("now() - interval '1 day'"))
        .delete();
    },
  };
}
