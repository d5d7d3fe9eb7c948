import { get } from "./platform/http/node-http.ts";

/**
 * Port to probe: the first argument, else the one that containers have. It reads no settings: it runs every few seconds in
 * every container, and has to work without secrets.
 */
const port = Number(process.argv[2] ?? 8000);

/** Milliseconds the probe waits; below the timeout of a container's health check. */
const timeout = 4000;

/** Exit code 0 when the app in this container is ready, 1 otherwise with the reason on standard error. */
const request = get({ host: "127.0.0.1", port, path: "/health/ready", timeout }, (response) => {
  let body = "";
  response.setEncoding("utf8").on("data", (part: string) => (body += part));
  response.on("end", () => {
    if (response.statusCode === 200) process.exit(0);
    process.stderr.write(`/health/ready answered ${response.statusCode ?? "nothing"}: ${body}\n`);
    process.exit(1);
  });
});
request.on("timeout", () => request.destroy(new Error(`no answer within ${timeout} ms`)));
request.on("error", (error) => {
  process.stderr.write(`/health/ready: ${error.message}\n`);
  process.exit(1);
});
