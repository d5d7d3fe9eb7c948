import pg from "pg";
import { within } from "./follow-transactions.ts";
import type { Database } from "./open-database.ts";
import type { Query, Runner } from "./statement.ts";

/** A statement with its values, as it is sent. */
export interface Step {
  readonly text: string;
  readonly values: readonly (string | null)[];
}

interface Results {
  readonly rows: unknown[];
}

interface Connection {
  query(query: pg.Query): unknown;
  end(): Promise<void>;
}

const begin: Step = { text: "begin", values: [] };
const commit: Step = { text: "commit", values: [] };
const rollback: Step = { text: "rollback", values: [] };

let sent = 0;

/** Sends statements in one go; if one fails, none after it runs. Gives the rows of the last. */
async function sendTogether(
  runner: Runner,
  connection: Connection,
  steps: readonly Step[],
): Promise<unknown[]> {
  const last = steps.at(-1) ?? begin;
  sent += 1;
  const told: Query = {
    __knexQueryUid: `steps ${sent}`,
    sql: steps.map(({ text }) => text).join("; "),
    bindings: [],
    options: {},
  };
  runner.emit("query", told);
  try {
    const found = await new Promise<Results | readonly Results[]>((resolve, reject) => {
      const config = { text: last.text, values: [...last.values], queryMode: "extended" };
      const query = new pg.Query(config, (error: Error | undefined, results: unknown) => {
        if (error) reject(error);
        else resolve(results as Results | readonly Results[]);
      });
      const { submit } = query;
      query.submit = (wire) => {
        wire.stream.cork();
        try {
          for (const { text, values } of steps.slice(0, -1)) {
            wire.parse({ name: "", text, types: [] }, true);
            wire.bind({ values: [...values] }, true);
            wire.describe({ type: "P" }, true);
            wire.execute({}, true);
          }
          submit.call(query, wire);
        } finally {
          wire.stream.uncork();
        }
      };
      connection.query(query);
    });
    const { rows = [] } = ("rows" in found ? found : found.at(-1)) ?? {};
    runner.emit("query-response", rows, told);
    return rows;
  } catch (error) {
    runner.emit("query-error", error, told);
    throw error;
  }
}

/** What the work of a transaction has to say: its result, and what goes with the commit. */
export interface Outcome<Result> {
  readonly result: Result;
  readonly last?: Step;
}

/**
 * Runs a transaction in as few round trips as it can have: its begin goes with `first`, its commit
 * with the last statement. What `work` calls is part of it, and may send nothing but statements
 * (`runStatement`): no queries of knex, no transaction within it. It ends with `work`: what that
 * left running sends nothing any more.
 */
export async function briefTransaction<Result>(
  database: Database,
  first: Step,
  work: (rows: readonly unknown[]) => Promise<Outcome<Result>>,
): Promise<Result> {
  const runner = database.client as Runner;
  const connection = (await runner.acquireConnection()) as Connection;
  let open = true;
  const inside: Runner = {
    transacting: true,
    acquireConnection: () =>
      open ? Promise.resolve(connection) : Promise.reject(new Error("This transaction has ended.")),
    releaseConnection: () => Promise.resolve(),
    query: (taken, query) => runner.query(taken, query),
    emit: (...event) => runner.emit(...event),
  };
  const transaction: unknown = { client: inside };
  try {
    const rows = await sendTogether(runner, connection, [begin, first]);
    const { result, last } = await within(transaction as Database, () => work(rows));
    open = false;
    await sendTogether(runner, connection, last === undefined ? [commit] : [last, commit]);
    return result;
  } catch (error) {
    open = false;
    await sendTogether(runner, connection, [rollback]).catch(() => {
      // A connection that cannot even do this is none for the next request.
      connection.end().catch(() => undefined);
    });
    throw error;
  } finally {
    await runner.releaseConnection(connection);
  }
}
