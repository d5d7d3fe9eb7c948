import knex, { type Knex } from "knex";

/** knex hands each query to its client as one of these. */
interface Query {
  sql: string;
  response?: unknown;
}

/**
 * The SQL that one migration would send, without a database. A query that reads gets no rows.
 * @param up the migration's `up`
 */
export async function recordStatements(up: (database: Knex) => Promise<unknown>): Promise<readonly string[]> {
  const statements: string[] = [];
  // Without connection settings knex makes no pool and loads no driver: the statements end in this
  // list.
  const database = knex({ client: "pg" });
  Object.assign(database.client as object, {
    acquireConnection: () => Promise.resolve({}),
    releaseConnection: () => Promise.resolve(),
    _query: (_connection: unknown, query: Query) => {
      statements.push(query.sql);
      return Promise.resolve({ ...query, response: { rows: [], rowCount: 0, fields: [], command: "" } });
    },
  });
  await up(database);
  return statements;
}
