import * as command from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../policy/host.ts";
import { join as shellWords } from "shlex";

export interface AdmissionArgs {
  host: Host;
  /** The part's name in messages. */
  part: string;
  container: docker.Container;
  /** Command run inside the container; exit 0 means healthy. */
  check: readonly string[];
  /** Processes and threads that the container may have. */
  pids: number;
  /** Seconds until the container must be healthy. */
  timeout: number;
}

/**
 * Waits until a container is healthy; whatever depends on the result sees only healthy containers.
 * It is a command and not the provider's `wait`, because it names the reason, prints the
 * container's last log lines, and runs again on the next `up` after a failure.
 */
export function admission(name: string, args: AdmissionArgs, parent: pulumi.Resource): command.local.Command {
  return new command.local.Command(
    name,
    {
      create: `sh infra/commands/admit-container.sh ${shellWords(args.check)}`,
      environment: {
        ...args.host.environment,
        CONTAINER: args.container.id,
        PART: args.part,
        PIDS: String(args.pids),
        ADMIT_TIMEOUT: String(args.timeout),
      },
      triggers: [args.container.id],
      logging: "none",
    },
    { parent },
  );
}
