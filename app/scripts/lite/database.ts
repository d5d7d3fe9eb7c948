import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { Connections } from "./connections.ts";

/** Postgres' own default; part of the socket's name. */
const port = 5432;
/** As long as the app's `idle_in_transaction_session_timeout`. */
const patience = 30_000;

/** An embedded Postgres that speaks its protocol on a Unix socket. */
export interface LiteDatabase {
  /** Folder of the socket: what DATABASE_HOST is. */
  readonly host: string;
  readonly port: number;
  /** All of the data, for another one to begin with. */
  dump(): Promise<Blob>;
  stop(): Promise<void>;
}

interface LiteOptions {
  /** Folder for the socket, for this user alone; its path may have 90 characters. */
  readonly host: string;
  /** Where the data lies; in memory if there is none. */
  readonly data?: string;
  /**
   * What a database in memory begins with, as `dump` made it. Making an empty one takes seconds.
   */
  readonly template?: Blob;
  /** Milliseconds that a transaction may stay quiet while others wait for it. */
  readonly patience?: number;
}

function socketIn(host: string): string {
  return join(host, `.s.PGSQL.${port}`);
}

/** Whether a database answers on the socket in `host`. */
export async function isRunning(host: string): Promise<boolean> {
  const socket = connect(socketIn(host));
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * Starts PGlite, a whole Postgres in this process. It runs one query at a time, which is enough for
 * one developer.
 *
 * @throws if one runs in `host` already: two on the same data would destroy it.
 */
export async function startLiteDatabase(options: LiteOptions): Promise<LiteDatabase> {
  const { host } = options;
  mkdirSync(host, { recursive: true, mode: 0o700 });
  if (await isRunning(host)) throw new Error(`The database in ${host} runs already: stop it first.`);
  rmSync(socketIn(host), { force: true });
  const clients = new Set<Socket>();
  const early: Socket[] = [];
  let serve = (client: Socket) => void early.push(client);
  const server = createServer((client) => {
    clients.add(client);
    client.once("close", () => clients.delete(client));
    serve(client);
  });
  // The socket comes before the data is opened: a second server is refused.
  server.listen(socketIn(host));
  await once(server, "listening");
  const database = await PGlite.create({
    ...(options.data === undefined ? {} : { dataDir: options.data }),
    ...(options.template === undefined ? {} : { loadDataDir: options.template }),
  });
  const { rows } = await database.query<{ server_version: string }>("show server_version");
  const connections = new Connections(database, rows[0]?.server_version ?? "", options.patience ?? patience);
  serve = (client) => {
    connections.serve(client);
  };
  for (const client of early) serve(client);
  return {
    host,
    port,
    dump: () => database.dumpDataDir("none"),
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      for (const client of clients) client.destroy();
      await closed;
      await connections.settled();
      await database.close();
    },
  };
}
