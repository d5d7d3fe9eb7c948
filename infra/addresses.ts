import type { PublishedPort, StackShape } from "../stacks/shape.ts";

function url(scheme: string, host: string, port: number, usual?: number): string {
  return `${scheme}://${host}${port === usual ? "" : `:${port}`}`;
}

function portAddress({ part, address, port }: PublishedPort): string {
  const anywhere = address === "0.0.0.0" || address === "::";
  return url(part === "postgres" ? "postgres" : "http", anywhere ? "127.0.0.1" : address, port);
}

/** The address at which people reach the application; undefined where nothing is published. */
export function publicAddress({ app, edge }: StackShape): string | undefined {
  if (edge === undefined) return app.port === undefined ? undefined : portAddress(app.port);
  const host = edge.domains[0] ?? "localhost";
  return edge.tls.mode === "off"
    ? url("http", host, edge.httpPort, 80)
    : url("https", host, edge.httpsPort, 443);
}

/** Where each published part is reached, by part; the proxy's is the application's. */
export function stackAddresses(shape: StackShape): Record<string, string> {
  const app = publicAddress(shape);
  const others = shape.published.filter(({ part }) => part !== "app" && part !== "nginx");
  return {
    ...(app === undefined ? {} : { app }),
    ...Object.fromEntries(others.map((port) => [port.part, portAddress(port)])),
  };
}
