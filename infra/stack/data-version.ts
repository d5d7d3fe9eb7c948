import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { dataVolumeName } from "../../releases/data-version.ts";
import type { LastState } from "../facts/last-state.ts";
import { runningPart } from "../facts/running-part.ts";
import { inTurn } from "../policy/in-turn.ts";
import type { StackContext } from "./stack-context.ts";

/**
 * Refuses a version of PostgreSQL that the stack's data files are not of: it would not start on
 * them, or begin with none.
 * @throws pulumi.RunError with the way on and the way back
 */
export async function requireDataVersion(
  { config, host, identity }: StackContext,
  state: LastState,
): Promise<void> {
  const wanted = config.database.postgresVersion;
  const running = runningPart(state, "Database");
  if (running?.volumes.includes(dataVolumeName(identity, wanted)) === true) return;
  const { stdout } = await inTurn(host, () =>
    local.run({
      command: "node infra/commands/data-version.ts",
      environment: { ...host.environment, PROJECT: identity.project, STACK: identity.stack },
      logging: "none",
    }),
  );
  if (stdout === "" || stdout === wanted) return;
  throw new pulumi.RunError(
    `postgresVersion: the data of stack ${identity.stack} is PostgreSQL ${stdout}'s, and the setting says ${wanted}. ` +
      `Nothing was changed. Fix: npx berth upgrade postgres --to ${wanted} --stack ${identity.stack}, ` +
      `or pulumi config set postgresVersion ${stdout} --stack ${identity.stack}`,
  );
}
