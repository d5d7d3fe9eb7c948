import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { Docker } from "../../system/docker.ts";
import type { Session } from "../session.ts";
import { refuseHeldVolumes } from "../deploy/held-volumes.ts";
import { keepBackupKey } from "../deploy/keep-backup-key.ts";
import { imagesOfNobodyElse } from "../deploy/stack-images.ts";
import { onStack, type StackWork, type WorkOptions } from "../deploy/on-stack.ts";
import { confirm } from "../terminal/confirm.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { generatedPassphraseOption, lockWaitOption } from "./options.ts";
import { stackFlag } from "../settings/stack-flag.ts";

interface DownOptions extends WorkOptions {
  readonly volumes?: boolean;
  readonly yes?: boolean;
}

/** `berth down`: take the stack down; its data stays unless `--volumes` says otherwise. */
export const addDown: AddCommand = (program, run) => {
  stackCommand(program, "down", "remove the stack; its data stays, and up restores it", [
    ["npx berth down", "remove the dev stack, keep its data"],
    ["npx berth down --volumes", "also delete its data, after asking"],
    ["npx berth down --volumes --yes", "the same without asking, for scripts"],
  ])
    .option("--volumes", "also delete the stack's data, passwords and state; asks first")
    .option("-y, --yes", "do not ask")
    .addOption(lockWaitOption())
    .addOption(generatedPassphraseOption())
    .action(async (options: DownOptions) => run({ showSteps: true }, (session) => down(session, options)));
};

async function down(session: Session, options: DownOptions): Promise<number> {
  // Data on the engine may have outlived the state that knew of it.
  const makes = options.volumes === true;
  return onStack(session, "down", { ...options, makes }, async (work) => {
    if (options.volumes === true) return downWithVolumes(session, options, work);
    await refuseHeldVolumes(work.docker, options.stack, work.deployment, []);
    await keepBackupKey(session, work);
    // Data volumes are kept by their own declaration (`retainOnDelete`), so that a plain `pulumi
    // destroy` keeps them too.
    const code = await destroy(session, work, ["destroy", "--stack", options.stack, "--yes"]);
    if (code === exitCode.done) {
      session.print(
        `\nStack ${options.stack} is down. Its data is kept: npx berth up${stackFlag(options.stack)} starts it again with its data.`,
      );
    }
    return code;
  });
}

async function downWithVolumes(session: Session, options: DownOptions, work: StackWork): Promise<number> {
  const { stack } = options;
  const volumes = await work.docker.volumesOf(stack);
  await refuseHeldVolumes(work.docker, stack, work.deployment, volumes);
  if (options.yes !== true) await askForVolumes(session, stack, volumes);
  const code = await destroy(session, work, ["destroy", "--stack", stack, "--yes", "--ignore-protect"]);
  if (code !== exitCode.done) return code;
  // The records say which images are others' as well, and go with the volumes.
  const images = await imagesOfNobodyElse(work.docker, stack);
  await removeVolumes(work.docker, await work.docker.volumesOf(stack));
  for (const image of images) await work.docker.try(["image", "rm", image]);
  await work.pulumi.run(["stack", "rm", stack, "--yes", "--preserve-config"]);
  session.print(`\nStack ${stack} and its data are gone. npx berth up${stackFlag(stack)} creates it again.`);
  return exitCode.done;
}

async function askForVolumes(session: Session, stack: string, volumes: readonly string[]): Promise<void> {
  const what =
    volumes.length === 0 ? "its passwords and state" : `${volumes.join(", ")}, its passwords and state`;
  if (!session.interactive) {
    throw new CommandError(
      `down --volumes deletes the data of stack ${stack} (${what}) and asks first, which needs a terminal; ` +
        "--yes skips the question. Nothing was changed.",
      exitCode.usage,
    );
  }
  const answer = await confirm(
    `This deletes the data of stack ${stack} for good: ${what}.\nType the stack's name to go ahead: `,
    session.interruption.signal,
  );
  session.interruption.check();
  if (answer.trim() !== stack) throw new CommandError("Nothing was changed.", exitCode.failed);
}

async function destroy(session: Session, work: StackWork, args: readonly string[]): Promise<number> {
  const { ok } = await work.pulumi.operate(
    [...args, "--skip-preview", "--suppress-outputs", "--suppress-permalink=true"],
    session.interruption,
    session.interactive,
  );
  if (ok) return exitCode.done;
  session.say(
    `\ndown of stack ${work.config.stack} failed; Pulumi's messages are above. Run it again to continue.`,
  );
  return exitCode.failed;
}

async function removeVolumes(docker: Docker, volumes: readonly string[]): Promise<void> {
  if (volumes.length > 0) await docker.run(["volume", "rm", ...volumes]);
}
