import { changeRole } from "../accounts/change-access.ts";
import type { Database } from "../database/open-database.ts";
import type { Level } from "../sessions/session.ts";
import type { Role } from "../sessions/session.ts";

/** A user as the admin interface shows one. */
export interface UserListing {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly totp_confirmed_at: Date | null;
  readonly disabled_at: Date | null;
  readonly created_at: Date;
}

interface UserChange {
  readonly name: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly permissions: readonly { readonly resource: string; readonly level: Level }[];
}

const columns = ["id", "email", "name", "role", "totp_confirmed_at", "disabled_at", "created_at"] as const;
const pageSize = 50;

/** The queries of the pages on users. */
export function createUserStore(database: Database) {
  return {
    /** Newest first; `search` is the beginning of an e-mail address, or part of a name. */
    async list(
      search: string | undefined,
      after: number | undefined,
    ): Promise<{ rows: UserListing[]; next: number | undefined }> {
      const query = database("users")
        .orderBy("id", "desc")
        .limit(pageSize + 1);
      if (after !== undefined) void query.where("id", "<", after);
      if (search) {
        const pattern = search.toLowerCase().replaceAll(/[\\%_]/g, "\\$&");
        void query.whereRaw("(lower(email) like ? or lower(name) like ?)", [`${pattern}%`, `%${pattern}%`]);
      }
      const found = await query.select<UserListing[]>(...columns);
      const rows = found.slice(0, pageSize);
      return { rows, next: found.length > pageSize ? rows.at(-1)?.id : undefined };
    },

    async find(id: number): Promise<UserListing | undefined> {
      return database("users")
        .where({ id })
        .first<UserListing | undefined>(...columns);
    },

    async permissionsOf(id: number): Promise<Readonly<Record<string, Level>>> {
      const rows = await database("permissions")
        .where({ user_id: id })
        .select<{ resource: string; level: Level }[]>("resource", "level");
      return Object.fromEntries(rows.map(({ resource, level }) => [resource, level]));
    },

    /** Deletes an account with its sessions and permissions; what it did keeps no name. */
    async delete(id: number): Promise<void> {
      await database("users").where({ id }).delete();
    },

    /**
     * Changes a user as a whole. A user who loses rights or is disabled also loses all sessions.
     */
    async change(id: number, { name, role, disabled, permissions }: UserChange): Promise<void> {
      await database.transaction(async (transaction) => {
        await changeRole(transaction, id, role);
        await transaction("users")
          .where({ id })
          .update({
            name,
            disabled_at: disabled ? transaction.raw("coalesce(disabled_at, now())") : null,
            updated_at: transaction.fn.now(),
            version: transaction.raw("version + 1"),
          });
        await transaction("permissions").where({ user_id: id }).delete();
        if (permissions.length > 0) {
          await transaction("permissions").insert(
            permissions.map((permission) => ({ user_id: id, ...permission })),
          );
        }
        if (disabled) await transaction("sessions").where({ user_id: id }).delete();
      });
    },
  };
}
