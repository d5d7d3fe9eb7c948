import type { RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "./node-http.ts";

/**
 * Limits of a connection, in milliseconds. A proxy in front keeps its idle connections for 60 s
 * (nginx' default), so ours live longer: the side that sends next must not be the side that closes.
 */
const limits = { keepAliveTimeout: 75_000, headersTimeout: 20_000, requestTimeout: 300_000 } as const;

/**
 * Starts a web server.
 *
 * @param port 0 takes a free one.
 * @returns the server and the port it listens on.
 * @throws an error that names the address and the setting when it is taken or not ours.
 */
export async function listen(
  app: RequestListener,
  host: string,
  port: number,
): Promise<{ server: Server; port: number }> {
  const server = createServer({ ...limits, noDelay: true }, app);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const advice =
        error.code === "EADDRINUSE"
          ? "is in use: stop what holds it or change PORT"
          : `cannot be opened (${error.code ?? error.message}): check HOST and PORT`;
      reject(new Error(`${host}:${port} ${advice}.`, { cause: error }));
    });
    server.listen(port, host, () => {
      resolve();
    });
  });
  return { server, port: (server.address() as AddressInfo).port };
}
