/** Owns the schema and all that is in it; it has no login. */
export const ownerRole = "app_owner";

/** May read, add, change and delete rows of what the owner makes; it has no login. */
export const rowsRole = "app_rows";

/** What requests and jobs may do in the database, as the setting `databaseRights` names it. */
export type DatabaseRights = "rows" | "owner";

/**
 * The logins that releases take in turns, by what they may do. No login ever changes its rights: a
 * release of before keeps its own until it is gone.
 */
export const logins = {
  rows: ["app_rows_a", "app_rows_b"],
  owner: ["app_a", "app_b"],
} as const satisfies Record<DatabaseRights, readonly [string, string]>;

/** The login of migrations, which act as the owner. */
export const migrationLogin = "app_migration";

/** In a volume of secrets, the newest version's name beside the versions themselves. */
export const newestSet = "newest";
