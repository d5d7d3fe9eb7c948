import { edgePaths } from "../../infra/rendering/edge-paths.ts";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";

/** The containers of a stack, and which of its replicas Nginx sends no requests to. */
export async function observedContainers(docker: Docker, stack: string): Promise<readonly Container[]> {
  const containers = await docker.containersOf(stack);
  const proxy = containers.find(({ part, status }) => part === "nginx" && status === "running");
  if (proxy === undefined) return containers;
  // There is no such folder before the first roll.
  const { stdout } = await docker.try(["exec", proxy.id, "ls", edgePaths.outOfService]);
  const out = new Set(stdout.split("\n"));
  return containers.map((container) => ({ ...container, outOfService: out.has(container.name) }));
}
