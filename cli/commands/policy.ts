import { exitCode } from "../../system/exit-code.ts";
import { dockerHostOf, prepareDocker } from "../docker/prepare-docker.ts";
import { requireDeployed } from "../deploy/deployed-state.ts";
import { open } from "../deploy/on-stack.ts";
import { keptViolations, renderViolations } from "../preview/judged-plan.ts";
import type { Session } from "../session.ts";
import { readStackSettings, type StackOptions } from "../settings/stack-settings.ts";
import { chooseStateAndSecrets, preparePulumi } from "../state/prepare-pulumi.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { generatedPassphraseOption } from "./options.ts";

interface PolicyOptions extends StackOptions {
  readonly json?: boolean;
}

/** `berth policy`: whether what a stack's state holds is as policy/ wants it. */
export const addPolicy: AddCommand = (program, run) => {
  stackCommand(
    program,
    "policy",
    "judge what is deployed by the rules of policy/; exits with 1 if a mandatory one does not hold",
    [
      ["npx berth policy --stack prod", "what is deployed, by every rule"],
      ["npx berth policy --stack prod --json", "the same, for programs"],
    ],
  )
    .option("--json", "print JSON")
    .addOption(generatedPassphraseOption())
    .action(async (options: PolicyOptions) =>
      run({ showSteps: false }, (session) => policy(session, options)),
    );
};

async function policy(session: Session, options: PolicyOptions): Promise<number> {
  const settings = readStackSettings(options.stack);
  const chosen = chooseStateAndSecrets(session, options, settings);
  await prepareDocker(session, dockerHostOf(settings));
  const access = await preparePulumi(session, chosen);
  requireDeployed(options.stack, await open(session, options, settings, access));
  const found = keptViolations(await access.pulumi.run(["stack", "export", "--stack", options.stack]));
  const broken = found.some(({ level }) => level === "mandatory");
  if (options.json === true) session.print(JSON.stringify(found, null, 2));
  else if (found.length === 0) session.print(`Stack ${options.stack} is as policy/ wants it.`);
  else session.print(`Stack ${options.stack}:\n${renderViolations(found)}`);
  return broken ? exitCode.failed : exitCode.done;
}
