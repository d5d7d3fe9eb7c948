import { conflict } from "../../platform/problems/problems.ts";
import type { CustomerBody, NewCustomer } from "./customer.ts";
import type { CustomerRow, CustomerStore } from "./customer-store.ts";

/** A page of customers; `next` asks for the one after it. */
export interface CustomerPage {
  readonly items: readonly CustomerBody[];
  readonly next: string | null;
}

function toBody(row: CustomerRow): CustomerBody {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    company: row.company,
    city: row.city,
    notes: row.notes,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** Makes the rules on customers over a store. */
export function createCustomerService(store: CustomerStore) {
  return {
    async list(limit: number, after: number | undefined): Promise<CustomerPage> {
      // One more than asked for tells whether there is a next page without counting.
      const rows = await store.list(limit + 1, after);
      const items = rows.slice(0, limit).map(toBody);
      const last = items.at(-1);
      return { items, next: rows.length > limit && last ? String(last.id) : null };
    },

    /** @throws conflict when the e-mail address is taken. */
    async create(customer: NewCustomer): Promise<CustomerBody> {
      const row = await store.insert(customer);
      if (!row)
        throw conflict("A customer with this e-mail address exists already: change that one instead.");
      return toBody(row);
    },
  };
}

export type CustomerService = ReturnType<typeof createCustomerService>;
