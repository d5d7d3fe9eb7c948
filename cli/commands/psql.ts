import { attach } from "../../system/run.ts";
import type { Session } from "../session.ts";
import { execArgs } from "../running/app-program.ts";
import { runningPart, stackDocker } from "../docker/stack-docker.ts";
import { stackCommand, type AddCommand } from "./command.ts";

/** `berth psql`: the database's own prompt. */
export const addPsql: AddCommand = (program, run) => {
  stackCommand(program, "psql [psql-args...]", "open psql in the stack's database, as its superuser", [
    ["npx berth psql", "a prompt in the dev stack's database"],
    ["npx berth psql --stack prod -- -c 'select now()'", "one statement"],
    ["npx berth psql < report.sql", "a file of this machine; psql -f would look inside the container"],
  ]).action(async (args: string[], options: { stack: string }) =>
    run({ showSteps: false }, (session) => psql(session, options.stack, args)),
  );
};

async function psql(session: Session, stack: string, args: readonly string[]): Promise<number> {
  const docker = stackDocker(session.env, stack);
  const container = runningPart(await docker.containersOf(stack), stack, "postgres");
  const exec = execArgs(container.id, psqlCommand(args));
  return attach({ command: "docker", args: exec }, session.interruption, { env: docker.env });
}

/** The superuser needs no password on the socket inside the database's own container. */
export function psqlCommand(args: readonly string[]): string[] {
  return ["psql", "-U", "postgres", "-d", "app", ...args];
}
