import type { Database } from "../database/open-database.ts";

/** A view of a list that somebody keeps. */
export interface SavedView {
  readonly id: number;
  readonly name: string;
  /** Query of the list, as in its address. */
  readonly query: string;
  readonly shared: boolean;
  readonly ownerId: number;
}

/** Views of one list that one person sees at most. */
const mostViews = 50;

/** The queries on saved views. */
export function createSavedViewStore(database: Database) {
  return {
    /** A person's own views of a resource, and those that others share, by name. */
    async list(resource: string, personId: number): Promise<SavedView[]> {
      return database("saved_views")
        .where({ resource })
        .whereRaw("(owner_id = ? or shared)", [personId])
        .orderByRaw("lower(name), id")
        .limit(mostViews)
        .select<SavedView[]>("id", "name", "query", "shared", "owner_id as ownerId");
    },

    /** Keeps a view; one of the same person and name is replaced. */
    async save(resource: string, view: Omit<SavedView, "id">): Promise<void> {
      const { ownerId, name, query, shared } = view;
      await database("saved_views")
        .insert({ resource, owner_id: ownerId, name, query, shared })
        .onConflict(database.raw("(owner_id, resource, lower(name))"))
        .merge(["name", "query", "shared"]);
    },

    /** Deletes a view of a resource: a person's own, or with `any` anybody's. */
    async delete(resource: string, id: number, personId: number, any: boolean): Promise<boolean> {
      const query = database("saved_views").where({ resource, id });
      if (!any) void query.where({ owner_id: personId });
      return (await query.delete()) > 0;
    },
  };
}
