import { waitingOn } from "../../releases/read-restarts.ts";
import { describeWaiting } from "../../releases/restart-record.ts";
import { requirePolicy } from "../preview/require-policy.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { deploy, type DeployOptions } from "../deploy/deploy.ts";
import { onStack, type WorkOptions } from "../deploy/on-stack.ts";
import { restoreHost } from "../deploy/restore-host.ts";
import { parseMoment } from "../running/moment.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { generatedPassphraseOption, lockWaitOption, minDiskOption } from "./options.ts";

interface UpOptions extends WorkOptions, DeployOptions {
  readonly restore?: string;
  readonly backupKey?: string;
}

/** `berth up`: set up what is missing and deploy the stack. */
export const addUp: AddCommand = (program, run) => {
  stackCommand(program, "up [pulumi-args...]", "set up what is missing, and deploy the stack", [
    ["npx berth up", "deploy the dev stack"],
    ["npx berth up --stack prod --ask", "show what would change, and ask before changing it"],
    [
      "npx berth up --stack prod --restore latest",
      "have a lost stack back on an empty host, from its backups",
    ],
    ["npx berth up -- --replace URN", "pass arguments on to pulumi up"],
  ])
    .option("--ask", "preview first, and ask before anything changes")
    .option("--refresh", "always compare the state with the engine first")
    .option(
      "--restore <moment>",
      "on an empty host: begin with the data of a moment; latest, or a time in ISO 8601",
    )
    .option("--backup-key <file>", "with --restore: file with the key that berth backups key showed")
    .addOption(lockWaitOption())
    .addOption(minDiskOption())
    .addOption(generatedPassphraseOption())
    .action(async (pulumiArgs: string[], options: UpOptions) =>
      run({ showSteps: true }, (session) => up(session, options, pulumiArgs)),
    );
};

async function up(session: Session, options: UpOptions, pulumiArgs: readonly string[]): Promise<number> {
  const at = restoredMoment(options);
  return onStack(session, "up", { ...options, makes: true }, async (work) => {
    await requirePolicy(session, work.pulumi, work.config);
    const code =
      at === undefined
        ? await deploy(session, work, options, pulumiArgs)
        : await restoreHost(session, work, { ...options, ...at, keyFile: options.backupKey }, pulumiArgs);
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

/** Which moment the stack begins with; undefined if it keeps its own data. */
function restoredMoment({ backupKey, restore }: UpOptions): { at: number | undefined } | undefined {
  if (restore === undefined) {
    if (backupKey === undefined) return undefined;
    throw new CommandError("--backup-key goes with --restore.", exitCode.usage);
  }
  const wanted = parseMoment(restore, new Date());
  if ("latest" in wanted) return { at: undefined };
  if ("at" in wanted) return wanted;
  throw new CommandError(
    "An empty host knows no releases: --restore takes latest, or a time such as 2026-11-27T14:05:00Z.",
    exitCode.usage,
  );
}
