import { portOf, publishedPorts, type PublishedPort, type StackConfig } from "../../stacks/stack-config.ts";

function url(scheme: string, host: string, port: number, usual?: number): string {
  const written = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return `${scheme}://${written}${port === usual ? "" : `:${port}`}`;
}

/** Name or address of another machine's engine; undefined if it is this one's. */
function engineHost(engine: string | undefined): string | undefined {
  return /^(?:ssh|tcp):\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/]+)/.exec(engine ?? "")?.[1];
}

/**
 * What people type to reach a published port; one on all addresses is reached at the engine's own
 * name.
 *
 * @param engine address of the Docker engine, if it is not this machine's own
 * @param scheme what is spoken there; the port of a proxy that speaks TLS is known by its shape
 * only
 */
export function portAddress(
  { part, address, port }: Omit<PublishedPort, "setting">,
  engine?: string,
  scheme = part === "postgres" ? "postgres" : "http",
): string {
  const anywhere = address === "0.0.0.0" || address === "::";
  const host = anywhere ? (engineHost(engine) ?? "127.0.0.1") : address;
  const usual = { http: 80, https: 443 }[scheme];
  return url(scheme, host, port, usual);
}

/** Names of the machine itself, at any port: an ssh tunnel begins at a port of its own. */
export const loopbackAddresses = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/**
 * Every address at which people reach the application, as the origin of its pages; the first one is
 * canonical, and stands in e-mail. A host `*` is any, `*.` any subdomain, a port `*` any. Empty if
 * nothing is published.
 */
export function publicAddresses(config: StackConfig): readonly string[] {
  const { edge, dockerHost } = config;
  const { publicUrl } = config.app;
  if (edge !== undefined) {
    if (publicUrl.length > 0) return publicUrl;
    // A proxy in front is at the usual ports, and ends TLS if the stack does not.
    const outer = edge.trustedProxies.length > 0 || edge.proxy !== undefined;
    const secure = edge.tls !== "off" || (outer && !edge.proxyProtocol);
    return edge.domain.map((name) =>
      secure
        ? url("https", name, outer ? 443 : edge.httpsPort, 443)
        : url("http", name, outer ? 80 : edge.httpPort, 80),
    );
  }
  const port = portOf(config, "app");
  if (port === undefined) return publicUrl;
  const derived = [
    portAddress(port, dockerHost),
    // Clients of the network may know the host by names that no setting lists.
    ...(isLoopback(port.address) ? [] : [url("http", "*", port.port, 80)]),
  ];
  return [...(publicUrl.length > 0 ? publicUrl : derived), ...loopbackAddresses];
}

/** Where each published part is reached, by part; the proxy's is the application's. */
export function stackAddresses(config: StackConfig): Record<string, string> {
  const { sharedProxy, dockerHost } = config;
  if (sharedProxy !== undefined) {
    const port = { part: "nginx", address: sharedProxy.proxyAddress, port: sharedProxy.httpsPort };
    return { proxy: portAddress(port, dockerHost, "https") };
  }
  const [app] = publicAddresses(config);
  const others = publishedPorts(config).filter(({ part }) => part !== "app" && part !== "nginx");
  return {
    ...(app === undefined ? {} : { app }),
    ...Object.fromEntries(others.map((port) => [port.part, portAddress(port, config.dockerHost)])),
  };
}
