import { attach } from "../../system/run.ts";
import type { Session } from "../session.ts";
import { execArgs, runAppProgram, type AppTarget } from "../running/app-program.ts";
import { runningPart, stackDocker } from "../docker/stack-docker.ts";
import { applicationCommand } from "../settings/stack-declaration.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { liteOption } from "./options.ts";

/** `berth shell`: the application's services at a prompt, or a shell inside a container. */
export const addShell: AddCommand = (program, run) => {
  stackCommand(
    program,
    "shell [part] [command...]",
    "open a prompt with the application's services; with a part, a shell in its container or one command there",
    [
      ["npx berth shell", "JavaScript with the dev stack's services, database and settings"],
      ["npx berth shell app", "a shell in the application's container"],
      ["npx berth shell postgres --stack prod", "a shell in the prod stack's database"],
      ["npx berth shell app -- node --version", "one command, with its exit code"],
    ],
  )
    .addOption(liteOption())
    .action(async (part: string | undefined, command: string[], options: AppTarget) =>
      run({ showSteps: false }, (session) =>
        part === undefined
          ? runAppProgram(session, options, applicationCommand(options.stack, "shell"))
          : shell(session, options.stack, part, command),
      ),
    );
};

async function shell(
  session: Session,
  stack: string,
  part: string,
  command: readonly string[],
): Promise<number> {
  const docker = stackDocker(session.env, stack);
  const container = runningPart(await docker.containersOf(stack), stack, part);
  const args = execArgs(container.id, command.length === 0 ? shellCommand : command);
  return attach({ command: "docker", args }, session.interruption, { env: docker.env });
}

/** Whatever shell the image has, bash first. */
const shellCommand = ["sh", "-c", "if command -v bash >/dev/null; then exec bash; else exec sh; fi"];
