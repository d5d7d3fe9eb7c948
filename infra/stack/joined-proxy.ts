import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { fixOf } from "../../stacks/field.ts";
import type { TrafficSwitch } from "../components/traffic-switch.ts";
import type { Host, Identity } from "../policy/host.ts";
import type { StackContext } from "./stack-context.ts";

/** Where a stack is behind a shared proxy. */
export interface SharedPlace {
  /** Network that both are on. */
  readonly network: string;
  /** Name that the proxy finds this stack by. */
  readonly alias: string;
}

const environmentOf = (proxy: string, { host, identity }: Pick<StackContext, "host" | "identity">) => ({
  ...host.environment,
  PROXY_STACK: proxy,
  OWNER: aliasOf(identity),
});

const aliasOf = ({ project, stack }: Identity) => `${project}-${stack}`;
const namesOf = ({ domain, redirectDomains }: EdgeConfig) => [...domain, ...redirectDomains].join(" ");

/**
 * Looks for the shared proxy that a stack is to be behind, and whether the stack's names are free.
 *
 * @returns the place, and the settings as they are there: the client's address comes by PROXY
 * protocol, and the proxy's network alone is believed; without a shared proxy, as they were
 * @throws pulumi.RunError where there is no such proxy, or a name is another stack's
 */
export async function behindSharedProxy(
  context: StackContext,
  edge: EdgeConfig,
): Promise<{ readonly edge: EdgeConfig; readonly shared: SharedPlace | undefined }> {
  const { proxy } = edge;
  if (proxy === undefined) return { edge, shared: undefined };
  const environment = environmentOf(proxy, context);
  const { stdout } = await local.run({
    command: "sh infra/commands/shared-network.sh",
    environment,
    logging: "none",
  });
  const fix = fixOf(context.identity.stack);
  const found = stdout.split("\n").filter((line) => line !== "");
  const [network = "", range] = found[0]?.split(" ") ?? [];
  if (found.length !== 1 || range === undefined) {
    throw new pulumi.RunError(
      found.length === 0
        ? `proxy: there is no stack of shape proxy named ${proxy} on this engine. Fix: npx berth up --stack ${proxy}, or ${fix("rm proxy")}`
        : `proxy: ${found.length} stacks of shape proxy on this engine are named ${proxy}. Fix: give one of them another name`,
    );
  }
  const checked = await local
    .run({
      command: "sh infra/commands/join-proxy.sh check 2>&1 || true",
      environment: { ...environment, NAMES: namesOf(edge) },
      logging: "none",
    })
    .then((run) => run.stdout.trim());
  if (checked !== "") throw new pulumi.RunError(checked);
  return {
    edge: { ...edge, proxyProtocol: true, trustedProxies: [range] },
    shared: { network, alias: aliasOf(context.identity) },
  };
}

/**
 * Claims the stack's names at the shared proxy once they are served; gives them back when the stack
 * leaves it or goes.
 */
export function joinSharedProxy(
  context: { readonly host: Host; readonly identity: Identity },
  edge: EdgeConfig,
  traffic: TrafficSwitch,
): void {
  const { proxy } = edge;
  if (proxy === undefined) return;
  new local.Command(
    "proxy-claim",
    {
      create: "sh infra/commands/join-proxy.sh",
      delete: "sh infra/commands/leave-proxy.sh",
      environment: { ...environmentOf(proxy, context), NAMES: namesOf(edge) },
      // Another proxy, or another stack's name, is another claim.
      triggers: [proxy],
    },
    { parent: traffic, dependsOn: traffic.switched },
  );
}
