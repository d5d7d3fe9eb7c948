import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { createServer, type AddressInfo } from "node:net";

/** An embedded Postgres that speaks its protocol on loopback. */
export interface LiteDatabase {
  readonly port: number;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Starts PGlite, a whole Postgres in this process. It runs one query at a time, which is enough for one developer.
 *
 * @param directory where the data lies; undefined keeps it in memory.
 */
export async function startLiteDatabase(directory: string | undefined): Promise<LiteDatabase> {
  const database = await (directory === undefined ? PGlite.create() : PGlite.create(directory));
  const port = await freePort();
  const server = new PGLiteSocketServer({ db: database, port, host: "127.0.0.1", maxConnections: 50 });
  await server.start();
  return {
    port,
    stop: async () => {
      await server.stop();
      await database.close();
    },
  };
}
