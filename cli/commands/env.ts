import { exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { open } from "../deploy/on-stack.ts";
import { chooseStateAndSecrets, preparePulumi } from "../state/prepare-pulumi.ts";
import { readStackKind, type StackOptions } from "../settings/stack-settings.ts";
import { exportLines } from "../terminal/shell-quote.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { generatedPassphraseOption } from "./options.ts";

/** `berth env`: what makes a plain `pulumi` see the same stacks. */
export const addEnv: AddCommand = (program, run) => {
  stackCommand(program, "env", "print the shell variables that plain pulumi needs to see the same stacks", [
    ['eval "$(npx berth env)"', "then: pulumi preview --stack dev, pulumi config set …"],
    ['eval "$(npx berth env --stack prod)"', "refuses the generated passphrase, as up does"],
  ])
    .addOption(generatedPassphraseOption())
    .action(async (options: StackOptions) => run({ showSteps: false }, (session) => env(session, options)));
};

async function env(session: Session, options: StackOptions): Promise<number> {
  const settings = readStackKind(options.stack);
  const access = await preparePulumi(session, chooseStateAndSecrets(session, options, settings));
  await open(session, { ...options, makes: true }, settings, access);
  session.print(exportLines(access.exports).trimEnd());
  return exitCode.done;
}
