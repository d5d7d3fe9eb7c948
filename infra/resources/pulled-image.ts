import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host, RegistryAccount } from "../policy/host.ts";
import { inTurn } from "../policy/in-turn.ts";

/** What an image is pulled with. */
export interface PullArgs {
  host: Host;
  account: RegistryAccount;
}

/**
 * Has the engine pull an image that it lacks, with a password that a command prints. It is not the
 * provider's login: that one would be a change of the stack whenever the password is another.
 * @returns the reference, once the engine has the image
 */
export function pulledImage(reference: string, { host, account }: PullArgs): pulumi.Output<string> {
  if (pulumi.runtime.isDryRun() || account.passwordCommand === undefined) return pulumi.output(reference);
  const environment = {
    ...host.environment,
    IMAGE: reference,
    STACK: pulumi.getStack(),
    REGISTRY_USER: account.user,
    REGISTRY_PASSWORD_COMMAND: account.passwordCommand,
  };
  const pull = { command: "node infra/commands/pull-image.ts", environment, logging: "stderr" } as const;
  return pulumi.output(inTurn(host, () => command.local.run(pull)).then(() => reference));
}
