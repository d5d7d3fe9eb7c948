import type { Server } from "node:http";
import { createServer } from "../http/node-http.ts";
import type { Logger } from "../log/create-logger.ts";

/** What a metrics server asks for its text. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/**
 * Serves /metrics on a port of its own, which is never published. A taken port costs the metrics,
 * not the app.
 *
 * @param port 0 takes a free one.
 */
export async function serveMetrics(
  source: MetricsSource,
  host: string,
  port: number,
  log: Logger,
): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    source.metrics().then(
      (text) => response.writeHead(200, { "Content-Type": source.contentType }).end(text),
      (error: unknown) => {
        log.warn({ err: error }, "metrics could not be gathered");
        response.writeHead(503).end();
      },
    );
  });
  await new Promise<void>((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      log.warn({ host, port, reason: error.code }, "metrics are not served: METRICS_PORT cannot be opened");
      resolve();
    });
    server.listen(port, host, resolve);
  });
  return server;
}
