import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { edgePorts } from "../rendering/edge-paths.ts";
import type { StackContext } from "./stack-context.ts";

/** A port that the proxy publishes. */
export interface ProxyPort {
  readonly internal: number;
  readonly external: number;
  /** Host address. */
  readonly ip: string;
  readonly protocol: "tcp" | "udp";
}

/** Ports of the host that lead to the proxy; none do if it is behind a shared one. */
export function proxyPorts(edge: EdgeConfig): ProxyPort[] {
  if (edge.proxy !== undefined) return [];
  const published = (internal: number, external: number, protocol: "tcp" | "udp" = "tcp") => ({
    internal,
    external,
    ip: edge.proxyAddress,
    protocol,
  });
  const secure = edge.tls !== "off";
  return [
    published(edgePorts.http, edge.httpPort),
    ...(secure ? [published(edgePorts.https, edge.httpsPort)] : []),
    ...(secure && edge.http3 ? [published(edgePorts.https, edge.httpsPort, "udp")] : []),
  ];
}

/**
 * What becomes of the container that publishes the proxy's ports: it stays; the new one starts
 * beside it, because it needs none of its ports; or it goes first, because the new one does.
 */
export type PortChange = "stays" | "beside" | "goes-first";

/** Compares two lists of ports. */
export function portChange(wanted: readonly ProxyPort[], held: readonly ProxyPort[]): PortChange {
  const line = ({ internal, external, ip, protocol }: ProxyPort) =>
    `${internal}/${protocol} ${ip} ${external}`;
  const same = JSON.stringify(wanted.map(line).sort()) === JSON.stringify(held.map(line).sort());
  if (held.length === 0 || same) return "stays";
  const collides = wanted.some(({ external, protocol }) =>
    held.some((other) => other.external === external && other.protocol === protocol),
  );
  return collides ? "goes-first" : "beside";
}

/**
 * Asks the engine which ports the stack's proxy has now, and says in the preview what a change
 * costs.
 */
export async function plannedPortChange(
  { host, identity }: StackContext,
  edge: EdgeConfig,
): Promise<PortChange> {
  const { stdout } = await local.run({
    command: "sh infra/commands/published-ports.sh",
    environment: { ...host.environment, PROJECT: identity.project, STACK: identity.stack },
    logging: "none",
  });
  const held = stdout.split("\n").flatMap((line): ProxyPort[] => {
    const [, internal, protocol, ip = "", external] = /^(\d+)\/(tcp|udp) (\S*) (\d+)$/.exec(line) ?? [];
    if (protocol !== "tcp" && protocol !== "udp") return [];
    return [{ internal: Number(internal), external: Number(external), ip, protocol }];
  });
  const change = portChange(proxyPorts(edge), held);
  if (change === "goes-first") {
    void pulumi.log.warn(
      "The proxy's ports or their address change, and the new ones include one that it has already: " +
        "it is stopped before it starts again, and connections are refused meanwhile, for drainTimeout and some seconds.",
    );
  }
  if (change === "beside") {
    void pulumi.log.info(
      "The proxy's ports change: the old ones answer until the new ones do, and are closed then.",
    );
  }
  return change;
}
