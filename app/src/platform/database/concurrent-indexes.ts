import type { Knex } from "knex";
import type { Logger } from "../log/create-logger.ts";

/**
 * Postgres builds an index CONCURRENTLY in several transactions: one that fails half-way stays
 * behind, invalid. It serves no query, costs every write, and holds its name.
 * https://www.postgresql.org/docs/17/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
 */
interface InvalidIndex {
  readonly name: string;
  /** Schema and name, quoted for SQL. */
  readonly sql: string;
  /** Another session holds the lock that a build takes on the table. */
  readonly busy: boolean;
}

type Step = (database: Knex) => Promise<unknown>;

const attempts = 3;
const duplicateRelation = "42P07";
/** Postgres cuts longer names. */
const nameLength = 63;

const comments = /\/\*[\s\S]*?\*\/|--[^\n]*/g;
const creates =
  /\bcreate\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?("(?:[^"]|"")+"|[\w$]+)/gi;
const reindexes = /\breindex\b[^;]*\bconcurrently\b/i;
/** Names that REINDEX CONCURRENTLY gives to the index it builds, and to the one it has replaced. */
const transientName = /_cc(?:new|old)\d*$/;

const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? error.code : undefined);

const asError = (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown)));

const plainName = (written: string) =>
  (written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written.toLowerCase()).slice(
    0,
    nameLength,
  );

/**
 * All invalid indexes but those of partitioned tables, which are invalid until every partition has
 * one.
 */
export async function invalidIndexes(database: Knex): Promise<readonly InvalidIndex[]> {
  const { rows } = await database.raw<{ rows: InvalidIndex[] }>(`
    select c.relname as name, format('%I.%I', n.nspname, c.relname) as sql,
      exists (select from pg_locks l where l.relation = i.indrelid and l.granted
        and l.mode = 'ShareUpdateExclusiveLock' and l.pid <> pg_backend_pid()) as busy
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
    where not i.indisvalid and c.relkind = 'i' order by 2`);
  return rows;
}

/** Of the invalid indexes, those that the statements sent are to blame for. */
function leftBy(
  statements: readonly string[],
  before: readonly InvalidIndex[],
  now: readonly InvalidIndex[],
): readonly InvalidIndex[] {
  const text = statements.map((statement) => statement.replace(comments, " "));
  const names = new Set(
    text.flatMap((statement) => [...statement.matchAll(creates)].map((match) => plainName(match[1] ?? ""))),
  );
  const reindexed = text.some((statement) => reindexes.test(statement));
  const known = new Set(before.map(({ sql }) => sql));
  return now.filter(
    ({ name, sql, busy }) =>
      names.has(name) ||
      (reindexed && transientName.test(name)) ||
      // CREATE INDEX CONCURRENTLY ON …: Postgres chose the name.
      (names.has("on") && !known.has(sql) && !busy),
  );
}

/**
 * Wraps a step of a migration that runs without a transaction, so that it never ends with an
 * invalid index: whatever an attempt of now or of an earlier deploy left is dropped, and the step
 * runs again.
 */
export function withoutInvalidIndexes(step: Step, log: Logger): Step {
  return async (database) => {
    for (let attempt = 1; ; attempt += 1) {
      const before = await invalidIndexes(database);
      const { sent, failure } = await recorded(step, database);
      // What went wrong first says more than a connection that is lost by now.
      const now = await invalidIndexes(database).catch((error: unknown) =>
        Promise.reject(asError(failure?.error ?? error)),
      );
      const left = leftBy(sent, before, now);
      if (left.length === 0) {
        if (failure) throw failure.error;
        return;
      }
      const indexes = left.map(({ sql }) => sql);
      log.warn({ indexes }, "an index was not built to its end; dropping it");
      for (const index of indexes) await database.raw(`drop index concurrently if exists ${index}`);
      // Other failures are for the migrator, which knows what trying again can cure.
      if (failure && codeOf(failure.error) !== duplicateRelation) throw failure.error;
      if (attempt === attempts) {
        throw failure?.error ?? new Error(`${indexes.join(", ")} stays invalid after ${attempts} attempts.`);
      }
    }
  };
}

/** Runs the step, and says what it sent. */
async function recorded(step: Step, database: Knex) {
  const sent: string[] = [];
  const record = ({ sql }: { sql: string }) => sent.push(sql);
  database.on("query", record);
  try {
    await step(database);
    return { sent, failure: undefined };
  } catch (error) {
    return { sent, failure: { error: asError(error) } };
  } finally {
    database.removeListener("query", record);
  }
}
