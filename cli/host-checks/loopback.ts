import { hasSecurityOption, type DockerInfo } from "../docker/docker-info.ts";
import { atLeast } from "../pulumi-cli/pinned-versions.ts";
import type { Finding } from "./finding.ts";

/** The first engine that drops what arrives for 127.0.0.1 from other hosts (moby/moby#45610). */
const closedSince = "28.0.0";

/**
 * Warns of ports that are published on loopback by an engine that lets hosts of the same network
 * segment reach them.
 * @param published ports of the stack
 */
export function loopbackFindings(
  info: DockerInfo,
  published: readonly { readonly address: string; readonly port: number }[],
): Finding[] {
  const ports = published.filter(({ address }) => address.startsWith("127.") || address === "::1");
  // These engines publish through a proxy process, which listens on the address alone.
  const proxied = hasSecurityOption(info, "rootless") || info.OperatingSystem === "Docker Desktop";
  if (ports.length === 0 || proxied || !/^\d/.test(info.ServerVersion)) return [];
  if (atLeast(info.ServerVersion, closedSince)) return [];
  return [
    {
      name: "Loopback",
      state: "warning",
      text:
        `engine ${info.ServerVersion} lets hosts of the same network segment reach ports that are published on ` +
        `127.0.0.1 (${ports.map(({ port }) => port).join(", ")})`,
      remedy:
        "Install Docker 28 or newer, or make the kernel drop such packets:\n" +
        "  sudo iptables -t raw -I PREROUTING ! -i lo -d 127.0.0.0/8 -j DROP",
    },
  ];
}
