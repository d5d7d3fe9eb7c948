import { exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { requireHost } from "../host-checks/check-host.ts";
import { dockerIds } from "../pulumi/deployment.ts";
import { onStack, type WorkOptions } from "../deploy/on-stack.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { generatedPassphraseOption, lockWaitOption, minDiskOption } from "./options.ts";

interface BuildOptions extends WorkOptions {
  readonly minDisk: number;
}

/** `berth build`: the images of the next release, and nothing that runs. */
export const addBuild: AddCommand = (program, run) => {
  stackCommand(
    program,
    "build",
    "build or fetch the images of the next release; running containers are not touched",
    [
      ["npx berth build", "the dev stack's images"],
      ["npx berth build --stack prod", "the prod stack's images, before a quick up"],
    ],
  )
    .addOption(lockWaitOption())
    .addOption(minDiskOption())
    .addOption(generatedPassphraseOption())
    .action(async (options: BuildOptions) => run({ showSteps: true }, (session) => build(session, options)));
};

async function build(session: Session, options: BuildOptions): Promise<number> {
  return onStack(session, "build", { ...options, makes: true }, async (work) => {
    // Nothing is started: ports may be in use.
    await requireHost(work.docker, work.info, {
      stack: options.stack,
      config: work.config,
      published: [],
      own: dockerIds(work.deployment),
      minDisk: options.minDisk,
    });
    const { ok } = await work.pulumi.operate(
      buildArgs(options.stack),
      session.interruption,
      session.interactive,
    );
    if (ok) {
      session.print(`\nThe images of stack ${options.stack} are on its engine; up uses them.`);
      return exitCode.done;
    }
    session.say(
      `\nbuild of stack ${options.stack} failed; Pulumi's messages are above. Running containers were not touched.`,
    );
    return exitCode.failed;
  });
}

/**
 * Arguments of a `pulumi up` that goes as far as the images: base images, the application's, and
 * the provider that makes them.
 */
export function buildArgs(stack: string): string[] {
  const targets = ["**pulumi:providers:**", "**berth:index:BaseImage**", "**berth:index:AppImage**"];
  return [
    "up",
    "--stack",
    stack,
    "--yes",
    "--skip-preview",
    ...targets.flatMap((target) => ["--target", target]),
    "--suppress-outputs",
    "--suppress-permalink=true",
  ];
}
