import { rmSync } from "node:fs";
import type { StackConfig } from "../../stacks/stack-config.ts";
import type { Docker } from "../../system/docker.ts";
import { checkout } from "../checkout.ts";
import type { Pulumi } from "../pulumi/pulumi.ts";

/** What it takes to keep the state of a stack. */
interface KeptStack {
  readonly config: Pick<StackConfig, "backups" | "stack">;
  readonly docker: Docker;
  readonly pulumi: Pulumi;
}

/** The state of a host that is lost, until the stack is had back. */
export const lostState = (stack: string): string => `${checkout.own}/lost/${stack}.json`;

/**
 * Hands the state to the container that makes backups, which keeps it in every repository. Secrets
 * in it stay encrypted. A state that cannot be kept fails no deployment.
 */
export async function keepState(
  say: (line: string) => void,
  { config, docker, pulumi }: KeptStack,
): Promise<void> {
  const { backups, stack } = config;
  rmSync(lostState(stack), { force: true });
  if (backups === undefined) return;
  const containers = await docker.containersOf(stack);
  const keeper = containers.find(({ part, status }) => part === "backup" && status === "running");
  if (keeper === undefined) return;
  const exported = await pulumi.try(["stack", "export", "--stack", stack]);
  const kept =
    exported.code === 0
      ? await docker.try(["exec", "--interactive", keeper.id, "berth-backup", "keep-state"], {
          // The container looks for it among other lines.
          input: JSON.stringify(JSON.parse(exported.stdout)),
        })
      : exported;
  if (kept.code !== 0) say(`Backups: the state of this deployment is not kept: ${kept.stderr.trim()}`);
}
