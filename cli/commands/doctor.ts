import { examineStack } from "../host-checks/examine-stack.ts";
import { renderFindings } from "../host-checks/finding.ts";
import { exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import type { StackOptions } from "../settings/stack-settings.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { generatedPassphraseOption } from "./options.ts";

/** `berth doctor`: checks everything that up needs, and says what to do if it is missing. */
export const addDoctor: AddCommand = (program, run) => {
  stackCommand(
    program,
    "doctor",
    "check the Pulumi CLI, Docker, memory, disk, ports, clock and settings, and say what to do",
    [
      ["npx berth doctor", "what the dev stack needs"],
      ["npx berth doctor --stack prod", "what the prod stack needs, its passphrase included"],
    ],
  )
    .addOption(generatedPassphraseOption())
    .action(async (options: StackOptions) =>
      run({ showSteps: false }, (session) => doctor(session, options)),
    );
};

async function doctor(session: Session, options: StackOptions): Promise<number> {
  const findings = await examineStack(session, options);
  session.print(renderFindings(findings));
  return findings.some(({ state }) => state === "problem") ? exitCode.environment : exitCode.done;
}
