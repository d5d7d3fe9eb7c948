import { AsyncLocalStorage } from "node:async_hooks";
import type { Knex } from "knex";

/** The transaction that everything in this asynchronous call belongs to. */
const current = new AsyncLocalStorage<Knex | undefined>();

/**
 * A handle that stands for the transaction it is used in, and for the pool elsewhere: what a
 * service writes while a whole request is one transaction is part of it, and a transaction of the
 * service's own is a savepoint.
 */
export function followTransactions(database: Knex): Knex {
  return new Proxy(database, {
    apply: (target, _self, parameters: Parameters<Knex>) => (current.getStore() ?? target)(...parameters),
    get: (target, property) => Reflect.get(current.getStore() ?? target, property) as unknown,
  });
}

/** Makes `work`, and all it calls, part of a transaction. */
export function within<Result>(transaction: Knex, work: () => Promise<Result>): Promise<Result> {
  return current.run(transaction, work);
}

/** Whether what is called here is part of a transaction. */
export function isWithin(): boolean {
  return current.getStore() !== undefined;
}

/** Leaves the transaction for what outlives it. */
export function outside<Result>(work: () => Promise<Result>): Promise<Result> {
  return current.run(undefined, work);
}
