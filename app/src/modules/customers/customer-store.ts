import type { Database } from "../../platform/database/open-database.ts";
import type { NewCustomer } from "./customer.ts";

/** A row of `customers`. */
export interface CustomerRow {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly company: string;
  readonly city: string;
  readonly notes: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
}

/** The queries on customers. */
export type CustomerStore = ReturnType<typeof createCustomerStore>;

/** Makes the store; it holds nothing but the handle on the database. */
export function createCustomerStore(database: Database) {
  return {
    /** Newest first; `before` is the id that the last page ended with. */
    async list(limit: number, before: number | undefined): Promise<CustomerRow[]> {
      const query = database<CustomerRow>("customers").select("*").orderBy("id", "desc").limit(limit);
      if (before !== undefined) void query.where("id", "<", before);
      return query;
    },

    /** Inserts a customer; `undefined` when the e-mail address is taken. */
    async insert(customer: NewCustomer): Promise<CustomerRow | undefined> {
      const [row] = await database("customers")
        .insert(customer)
        .onConflict(database.raw("(lower(email))"))
        .ignore()
        .returning<CustomerRow[]>("*");
      return row;
    },
  };
}
