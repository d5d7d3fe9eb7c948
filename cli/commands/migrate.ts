import { Argument } from "commander";
import { migrationSecretsPart } from "../../infra/facts/app-environment.ts";
import { ownerRole, rowsRole } from "../../infra/facts/database-logins.ts";
import { rowsSql } from "../../infra/rendering/role-sql.ts";
import { checkout } from "../checkout.ts";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { attach } from "../../system/run.ts";
import type { Session } from "../session.ts";
import { takeLock } from "../locks/stack-lock.ts";
import { projectName } from "../settings/project.ts";
import { migrationContainer } from "../running/migration-container.ts";
import { runningPart, stackDocker } from "../docker/stack-docker.ts";
import { declaredCommand, stackDeclaration } from "../settings/stack-declaration.ts";
import { stackCommand, type AddCommand } from "./command.ts";
import { lockWaitOption } from "./options.ts";
import { stackFlag } from "../settings/stack-flag.ts";
import { psqlCommand } from "./psql.ts";
import { exitCodeOf } from "../running/program-exit.ts";

const actions = ["up", "down", "status", "unlock"] as const;
type Action = (typeof actions)[number];

/** `berth migrate`: the application's migrations, run beside it. */
export const addMigrate: AddCommand = (program, run) => {
  stackCommand(program, "migrate", "run the migrations of the deployed release", [
    ["npx berth migrate", "bring the schema up to date, as up does"],
    ["npx berth migrate status", "list applied and pending migrations"],
    ["npx berth migrate down", "revert the last migration, if it allows that"],
    ["npx berth migrate unlock", "release the lock of a killed migration"],
  ])
    .addArgument(new Argument("[action]", "what to do").choices(actions).default("up"))
    .argument("[args...]", "passed on to the application's command")
    .addOption(lockWaitOption())
    .action(async (action: Action, args: string[], options: { stack: string; lockWait: number }) =>
      run({ showSteps: false }, (session) => migrate(session, options, action, args)),
    );
};

async function migrate(
  session: Session,
  options: { stack: string; lockWait: number },
  action: Action,
  args: readonly string[],
): Promise<number> {
  const { stack } = options;
  const declaration = stackDeclaration(stack);
  const declared = declaredCommand(declaration, `migrate.${action}`, declaration.migrate?.[action]);
  const command = [...declared, ...args];
  const docker = stackDocker(session.env, stack);
  const app = appContainer(await docker.containersOf(stack), stack);
  // Reading is allowed while another run works.
  if (action === "status") return runBeside(session, docker, stack, app, action, command);
  const lock = await takeLock({
    folder: checkout.locks,
    stack,
    command: `migrate ${[action, ...args].join(" ")}`,
    wait: options.lockWait,
    interruption: session.interruption,
    say: session.say,
  });
  try {
    return await runBeside(session, docker, stack, app, action, command);
  } finally {
    lock.release();
  }
}

async function runBeside(
  session: Session,
  docker: Docker,
  stack: string,
  app: Container,
  action: Action,
  command: readonly string[],
): Promise<number> {
  const [volume] = await docker.volumesOf(stack, migrationSecretsPart);
  // What was restored from a copy of an earlier version has no rights of the serving role's.
  if (volume !== undefined && action === "up") await openRows(docker, stack);
  const id = await migrationContainer(docker, { project: projectName(), stack }, app, command);
  const code = await attach({ command: "docker", args: ["start", "--attach", id] }, session.interruption, {
    env: docker.env,
  });
  return exitCodeOf(code);
}

/** Has the application's login read and change what the owner made. */
async function openRows(docker: Docker, stack: string): Promise<void> {
  const { id } = runningPart(await docker.containersOf(stack), stack, "postgres");
  const input = rowsSql({ owner: ownerRole, rows: rowsRole });
  await docker.run(["exec", "--interactive", id, ...psqlCommand(["--quiet", "--set", "ON_ERROR_STOP=1"])], {
    input,
  });
}

/**
 * The newest application container: it need not be healthy, a missing migration may be the cause.
 */
function appContainer(containers: readonly Container[], stack: string): Container {
  const [newest] = containers
    .filter(({ part }) => part === "app")
    .toSorted((a, b) => b.created.getTime() - a.created.getTime());
  if (newest !== undefined) return newest;
  throw new CommandError(
    `Stack ${stack} has no application container. Deploy it: npx berth up${stackFlag(stack)}`,
    exitCode.failed,
  );
}
