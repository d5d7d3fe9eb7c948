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
  if (deployment.resources.length > 0) return deployment;
  throw new CommandError(
    `Stack ${options.stack} was never deployed. Deploy it: npx berth up --stack ${options.stack}`,
    exitCode.usage,
  );
}
