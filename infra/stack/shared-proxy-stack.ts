import type { EdgeConfig } from "../../stacks/edge.ts";
import { SharedProxy } from "../components/shared-proxy.ts";
import { plannedPortChange, proxyPorts } from "./port-change.ts";
import type { StackContext } from "./stack-context.ts";

/** A proxy that other stacks join, and nothing else. */
export async function sharedProxyStack(context: StackContext, edge: EdgeConfig): Promise<void> {
  const { baseImage, host, identity, onDocker } = context;
  const change = await plannedPortChange(context, edge);
  new SharedProxy(
    "proxy",
    { host, identity, image: baseImage("nginx"), edge, published: { ports: proxyPorts(edge), change } },
    onDocker,
  );
}
