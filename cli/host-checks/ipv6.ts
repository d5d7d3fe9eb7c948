import type { PublishedPort } from "../../stacks/stack-config.ts";
import { stackFlag } from "../settings/stack-flag.ts";
import type { Finding } from "./finding.ts";

/**
 * Warns of ports that are published on IPv6: the stack's networks have IPv4 only, so Docker's proxy
 * process passes such connections on, from the bridge's own address (moby/moby#17666).
 * @param published ports of the stack
 */
export function ipv6Findings(stack: string, published: readonly PublishedPort[]): Finding[] {
  const open = published.find(({ address }) => address.includes(":") && address !== "::1");
  if (open === undefined) return [];
  const setting = open.part === "app" ? "appAddress" : "proxyAddress";
  return [
    {
      name: "IPv6",
      state: "warning",
      text: `${setting} ${open.address} takes visitors over IPv6, and all of them have the bridge's one address in limits and logs`,
      remedy:
        "Let a load balancer in front take IPv6 and name its visitors (docs/cookbook/balancer-without-tls.md), and publish on IPv4:\n" +
        `  pulumi config set ${setting} 0.0.0.0${stackFlag(stack)}`,
    },
  ];
}
