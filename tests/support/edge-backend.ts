/**
 * Stands in for the application behind the proxy: answers what a test needs to see. Runs inside a
 * container.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const release = process.env["RELEASE"] ?? "none";
const replica = process.env["REPLICA"] ?? "none";
let hits = 0;

async function bodySize(request: IncomingMessage): Promise<number> {
  let size = 0;
  for await (const chunk of request) size += (chunk as Buffer).length;
  return size;
}

function json(response: ServerResponse, value: unknown): void {
  response.setHeader("Content-Type", "application/json").end(JSON.stringify(value));
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://backend");
  response.setHeader("X-Release", release);
  switch (url.pathname) {
    case "/health/ready":
      json(response, { release });
      return;
    case "/unhealthy":
      response.writeHead(503).end();
      return;
    case "/mostly":
      // The release that is called so fails one request in fifty.
      hits += 1;
      response.writeHead(release === "failing" && hits % 50 === 0 ? 500 : 200).end();
      return;
    case "/hits":
      json(response, { hits });
      return;
    case "/own-headers":
      response.setHeader("Content-Security-Policy", "default-src 'self'");
      response.setHeader("Strict-Transport-Security", "max-age=1");
      response.setHeader("X-Request-Id", request.headers["x-request-id"] ?? "");
      json(response, {});
      return;
    case "/private":
      response.setHeader("Content-Type", "text/plain");
      response.setHeader("Content-Disposition", 'attachment; filename="report.txt"');
      response.setHeader("Content-Security-Policy", "default-src 'self'");
      response
        .setHeader("X-Accel-Redirect", `/_edge/media/${url.searchParams.get("file") ?? "private/report.txt"}`)
        .end();
      return;
    case "/progress":
      // A stream that its client does not announce.
      response.setHeader("Content-Type", "application/x-ndjson").setHeader("X-Accel-Buffering", "no");
      response.write('{"done":1}\n');
      await sleep(Number(url.searchParams.get("ms")));
      response.end('{"done":2}\n');
      return;
    case "/slow":
      await sleep(Number(url.searchParams.get("ms")));
      json(response, { release, replica });
      return;
    case "/large":
      response.setHeader("Content-Type", "text/plain").end("berth ".repeat(10_000));
      return;
    case "/events":
      response.setHeader("Content-Type", "text/event-stream");
      response.write("data: first\n\n");
      await sleep(Number(url.searchParams.get("ms")));
      response.end("data: last\n\n");
      return;
    default:
      hits += 1;
      json(response, {
        release,
        replica,
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: await bodySize(request),
      });
  }
}

const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.on("upgrade", (request, socket) => {
  const key = createHash("sha1")
    .update(`${request.headers["sec-websocket-key"] ?? ""}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\nX-Release: ${release}\r\n\r\n`,
  );
  socket.on("data", (data) => socket.write(data));
  socket.on("error", () => undefined);
});
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
});
server.listen(8000);
