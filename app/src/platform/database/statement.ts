import { createHash } from "node:crypto";
import type { Database } from "./open-database.ts";

/** A statement whose text never changes, with $1, $2 … for its values and no question mark. */
export interface Statement {
  readonly text: string;
  /** What a connection remembers it by once it is parsed; without one it is parsed each time. */
  readonly name?: string;
}

/** A statement that each connection keeps: there must be no more of them than the code has. */
export function defineStatement(text: string): Statement {
  return { text, name: `s${createHash("sha256").update(text).digest("hex").slice(0, 20)}` };
}

/** The part of knex's client that runs a statement. */
export interface Runner {
  /** Set in a transaction. */
  readonly transacting?: boolean;
  acquireConnection(): Promise<unknown>;
  releaseConnection(connection: unknown): Promise<void>;
  query(connection: unknown, query: Query): Promise<{ response: { rows: unknown[] } }>;
  emit(event: "query" | "query-response" | "query-error", ...details: readonly unknown[]): boolean;
}

/** What knex's events say of a query; the id is the same in all of its events. */
export interface Query {
  readonly __knexQueryUid: string;
  readonly sql: string;
  readonly bindings: readonly unknown[];
  readonly options: { readonly name?: string };
}

/**
 * Function of Postgres that refuses a prepared statement whose columns a migration has changed; its
 * code stands for more, and its words depend on the server's language.
 */
const outdating = "RevalidateCachedQuery";
/** SQLSTATEs where connections are shared, as by a pooler, and one has another's statements. */
const shared: ReadonlySet<unknown> = new Set(["26000", "42P05"]);

/** How the statements of a pool are named; not at all where its connections are shared. */
interface Naming {
  /** Part of each name: what was parsed under an old one is never asked for again. */
  generation: number;
  named: boolean;
}

const namings = new WeakMap<Runner, Naming>();
let sent = 0;

function namingOf(runner: Runner): Naming {
  const known = namings.get(runner);
  if (known) return known;
  const naming = { generation: 0, named: true };
  namings.set(runner, naming);
  return naming;
}

async function send<Row>(
  runner: Runner,
  text: string,
  values: readonly unknown[],
  options: Query["options"] = {},
): Promise<Row[]> {
  const connection = await runner.acquireConnection();
  try {
    sent += 1;
    const query = { __knexQueryUid: `statement ${sent}`, sql: text, bindings: values, options };
    const { rows } = (await runner.query(connection, query)).response;
    runner.emit("query-response", rows, query);
    return rows as Row[];
  } finally {
    await runner.releaseConnection(connection);
  }
}

/**
 * Runs a statement that each connection parses and plans once. A prepared one that a migration has
 * outdated, or that a pooler has left elsewhere, is refused before it does anything; it is sent
 * again without a name, which nothing outdates, and nobody notices. In a transaction, which such a
 * refusal would end, it never has a name.
 */
export async function runStatement<Row>(
  database: Database,
  { text, name }: Statement,
  values: readonly unknown[],
): Promise<Row[]> {
  const runner = database.client as Runner;
  const naming = namingOf(runner);
  if (name === undefined || runner.transacting === true || !naming.named) return send(runner, text, values);
  const { generation } = naming;
  try {
    return await send(runner, text, values, { name: `${name}.${generation}` });
  } catch (error) {
    const { code, routine } = error as { readonly code?: unknown; readonly routine?: unknown };
    if (routine === outdating) naming.generation = Math.max(naming.generation, generation + 1);
    else if (shared.has(code)) naming.named = false;
    else throw error;
    return send(runner, text, values);
  }
}
