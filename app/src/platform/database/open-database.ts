import knex, { type Knex } from "knex";
import pg from "pg";
import type { DatabaseConfig } from "../../config.ts";
import type { Logger } from "../log/create-logger.ts";
import { followTransactions } from "./follow-transactions.ts";
import { reconnecting } from "./reconnect.ts";

/** The app's handle on Postgres. */
export type Database = Knex;

/**
 * Postgres ends a transaction that its client left open this long: a forgotten one blocks vacuum
 * and migrations.
 */
const idleInTransactionMilliseconds = 30_000;
/** Longest wait for a free connection of the pool before a request is answered with 503. */
const acquireMilliseconds = 10_000;
const connectMilliseconds = 5000;
/** Shorter than the wait for a free connection, so that the error says what was wrong. */
const reconnectMilliseconds = 9000;

type ParserOf = (id: number, format: string) => (text: string) => unknown;

/**
 * bigint fits a JavaScript number up to 2^53; an identity column does not get there. A date has no
 * time zone.
 */
const { INT8, DATE } = pg.types.builtins as Readonly<Record<"INT8" | "DATE", number>>;

const parserOf: ParserOf = (id, format) => {
  if (id === INT8) return Number;
  if (id === DATE) return String;
  return (pg.types.getTypeParser as ParserOf)(id, format);
};

interface PostgresClient {
  query(text: string): Promise<unknown>;
  end(): Promise<void>;
}

/** The part of knex's client for Postgres that opens connections for its pool. */
interface Connector {
  acquireRawConnection(): Promise<PostgresClient>;
}

/** What differs between the app's pool and the one migrations use. */
export interface OpenOptions {
  /** Takes what knex has to say. */
  readonly log: Logger;
  readonly applicationName: string;
  /** Milliseconds; defaults to the setting. */
  readonly statementTimeout?: number;
  /**
   * Milliseconds a statement waits for a lock; 0, the default, leaves it to the statement timeout.
   */
  readonly lockTimeout?: number;
  /** Milliseconds that a transaction may be idle; 0 for ever. Default: 30,000. */
  readonly idleInTransaction?: number;
  readonly poolMax?: number;
}

/**
 * Opens the one pool of this process; everything that talks to Postgres shares it. Connects lazily:
 * call `waitForDatabase` before relying on it. Connections that a database restart broke are
 * replaced on next use, which waits while Postgres is away. A statement that it cut off fails: only
 * its caller knows whether it may be sent again.
 */
export function openDatabase(config: DatabaseConfig, options: OpenOptions): Database {
  const statementTimeout = options.statementTimeout ?? config.statementTimeout;
  const limits = [
    `set statement_timeout = ${statementTimeout}`,
    `set lock_timeout = ${options.lockTimeout ?? 0}`,
    `set idle_in_transaction_session_timeout = ${options.idleInTransaction ?? idleInTransactionMilliseconds}`,
    "set timezone = 'UTC'",
  ].join("; ");
  const pool = knex({
    client: "pg",
    connection: {
      host: config.host,
      port: config.port,
      database: config.name,
      user: config.user,
      ...(config.password === undefined ? {} : { password: config.password }),
      application_name: options.applicationName,
      connectionTimeoutMillis: connectMilliseconds,
      keepAlive: true,
      types: { getTypeParser: parserOf },
    },
    log: {
      warn: (message: unknown) => {
        // The caller that asked for the connection gets the error and reports it.
        const told = String(message).startsWith("Acquire connection error");
        options.log[told ? "debug" : "warn"]({ from: "knex" }, String(message));
      },
      error: (message: unknown) => {
        options.log.warn({ from: "knex" }, String(message));
      },
      deprecate: (method: string, alternative: string) => {
        options.log.warn({ from: "knex" }, `${method} is deprecated: use ${alternative}`);
      },
      debug: (message: unknown) => {
        options.log.debug({ from: "knex", message }, "knex");
      },
    },
    acquireConnectionTimeout: acquireMilliseconds,
    pool: {
      min: 0,
      max: options.poolMax ?? config.poolMax,
    },
  });
  const connector = pool.client as Connector;
  const connect = connector.acquireRawConnection.bind(connector);
  connector.acquireRawConnection = reconnecting(async () => {
    const connection = await connect();
    try {
      await connection.query(limits);
      return connection;
    } catch (error) {
      await connection.end().catch(() => undefined);
      throw error;
    }
  }, reconnectMilliseconds);
  return followTransactions(pool);
}
