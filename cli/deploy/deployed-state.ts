import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { Deployment } from "../pulumi/deployment.ts";
import type { Session } from "../session.ts";
import { readStackSettings, type StackOptions } from "../settings/stack-settings.ts";
import { chooseStateAndSecrets, preparePulumi } from "../state/prepare-pulumi.ts";
import { open } from "./on-stack.ts";

/**
 * What a stack's state holds, for commands that only look at it; no engine is asked.
 * @throws CommandError for a stack that was never deployed
 */
export async function deployedState(session: Session, options: StackOptions): Promise<Deployment> {
  const settings = readStackSettings(options.stack);
  const access = await preparePulumi(session, chooseStateAndSecrets(session, options, settings));
  const deployment = await open(session, options, settings, access);
  requireDeployed(options.stack, deployment);
  return deployment;
}

/**
 * Makes sure that there is something to look at: of nothing, everything could be said.
 * @throws CommandError for a stack that is not deployed
 */
export function requireDeployed(stack: string, { resources }: Pick<Deployment, "resources">): void {
  if (resources.length > 0) return;
  throw new CommandError(
    `Stack ${stack} is not deployed. What an update would make: npx berth preview --stack ${stack}. Deploy it: npx berth up --stack ${stack}`,
    exitCode.usage,
  );
}
