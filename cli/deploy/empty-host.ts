import { dataVolumeName } from "../../releases/data-version.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { checkout } from "../checkout.ts";
import { runningContainers } from "../pulumi/deployment.ts";
import { projectName } from "../settings/project.ts";
import { readSettingsFile } from "../settings/settings-file.ts";
import { stackFlag } from "../settings/stack-flag.ts";
import type { StackWork } from "./on-stack.ts";

/** What is known before a stack is had back. */
export interface EmptyHostFacts {
  readonly stack: string;
  /** Setting `backupTo`; undefined without backups. */
  readonly backupTo: readonly string[] | undefined;
  /** The key of the backups is at hand. */
  readonly hasKey: boolean;
  /** Parts of the stack that serve requests on the engine. */
  readonly serving: readonly string[];
  /** Volume with a database that the state does not know. */
  readonly foreignVolume: string | undefined;
}

/** Why a stack cannot be had back there, a sentence each. */
export function emptyHostProblems(facts: EmptyHostFacts): string[] {
  const { backupTo, foreignVolume, hasKey, serving, stack } = facts;
  const flag = stackFlag(stack);
  const set = (words: string) => `pulumi config set ${words} --stack ${stack}`;
  return [
    ...(serving.length === 0
      ? []
      : [
          `Its ${serving.join(", ")} ${serving.length === 1 ? "is" : "are"} on this engine. To go on after a restore that was interrupted: npx berth up${flag}. To go back to a moment there: npx berth restore --to latest${flag}`,
        ]),
    ...(foreignVolume === undefined
      ? []
      : [
          `Volume ${foreignVolume} may hold data: npx berth up${flag} starts with it. To have the backup instead, delete it: docker volume rm ${foreignVolume}`,
        ]),
    ...(backupTo === undefined ? [`backups: they are switched off. Fix: ${set("backups true")}`] : []),
    ...(backupTo === undefined || backupTo.some((kind) => kind !== "volume")
      ? []
      : [
          `backupTo: the volume was lost with the host, and nothing else is named. Fix: ${set("backupTo s3")}, or sftp`,
        ]),
    ...(hasKey
      ? []
      : [
          `backupKey: without the key nobody can read the backups. Fix: --backup-key FILE, or ${set("--secret backupKey")}`,
        ]),
  ];
}

const servingParts = new Set(["app", "nginx", "worker"]);

/**
 * Makes sure that nothing is overwritten, and that all of what a restore needs is there.
 * @param givesKey the key comes with the command
 * @throws CommandError with all problems at once; nothing was changed
 */
export async function requireEmptyHost(
  { config, deployment, docker }: StackWork,
  givesKey: boolean,
): Promise<void> {
  const { stack } = config;
  const project = projectName();
  const { secure, values } = readSettingsFile(checkout.settingsFile(stack), project);
  const data = dataVolumeName({ project, stack }, config.database.postgresVersion);
  const [containers, volumes] = await Promise.all([
    docker.containersOf(stack),
    docker.volumes(`name=^${data}$`),
  ]);
  const known = new Set(deployment.resources.flatMap(({ id }) => id ?? []));
  // The state of a lost host names the same volume, and containers that are not here.
  const ours =
    containers.some(({ id }) => known.has(id)) ||
    (known.has(data) && runningContainers(deployment).length === 0);
  const problems = emptyHostProblems({
    stack,
    backupTo: config.backups?.backupTo,
    hasKey:
      givesKey ||
      secure.includes("backupKey") ||
      values["backupKey"] !== undefined ||
      config.secretsFrom.some(({ path }) => path === "backupKey") ||
      deployment.resources.some(({ urn }) => urn.endsWith("::backups-key")),
    serving: [...new Set(containers.map(({ part }) => part).filter((part) => servingParts.has(part)))],
    foreignVolume: volumes.length > 0 && !ours ? data : undefined,
  });
  if (problems.length === 0) return;
  throw new CommandError(
    `Stack ${stack} cannot be had back here; nothing was changed.\n${problems.map((line) => `  - ${line}`).join("\n")}`,
    exitCode.usage,
  );
}
