import { waitingOn } from "../../releases/read-restarts.ts";
import { describeWaiting } from "../../releases/restart-record.ts";
import { requirePolicy } from "../preview/require-policy.ts";
import type { Session } from "../session.ts";
import { deploy, type DeployOptions } from "../deploy/deploy.ts";
import { onStack, type WorkOptions } from "../deploy/on-stack.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { generatedPassphraseOption, lockWaitOption, minDiskOption } from "./options.ts";

type UpOptions = WorkOptions & DeployOptions;

/** `berth up`: set up what is missing and deploy the stack. */
export const addUp: AddCommand = (program, run) => {
  stackCommand(program, "up [pulumi-args...]", "set up what is missing, and deploy the stack", [
    ["npx berth up", "deploy the dev stack"],
    ["npx berth up --stack prod --ask", "show what would change, and ask before changing it"],
    ["npx berth up -- --replace URN", "pass arguments on to pulumi up"],
  ])
    .option("--ask", "preview first, and ask before anything changes")
    .option("--refresh", "always compare the state with the engine first")
    .addOption(lockWaitOption())
    .addOption(minDiskOption())
    .addOption(generatedPassphraseOption())
    .action(async (pulumiArgs: string[], options: UpOptions) =>
      run({ showSteps: true }, (session) => up(session, options, pulumiArgs)),
    );
};

async function up(session: Session, options: UpOptions, pulumiArgs: readonly string[]): Promise<number> {
  return onStack(session, "up", options, async (work) => {
    await requirePolicy(session, work.pulumi, work.config);
    const code = await deploy(session, work, options, pulumiArgs);
    const { docker } = work;
    const waiting = await waitingOn(docker, { project: docker.project, stack: options.stack });
    for (const record of waiting) session.say(`\n${describeWaiting(record, options.stack)}`);
    const { appImage: image } = work.config.release;
    if (image !== undefined) {
      session.say(
        `\nStack ${options.stack} runs ${image}, because its setting appImage says so. To deploy app/ again: pulumi config rm appImage --stack ${options.stack}`,
      );
    }
    return code;
  });
}
