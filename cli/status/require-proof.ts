import type { StackConfig } from "../../stacks/stack-config.ts";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { parseBackups, type BackupReport } from "./backup-report.ts";

const dayMs = 86_400_000;

/** Repositories of which nothing was proved within `maxProofAge`, a sentence each. */
export function unproved({ at, maxProofAge, repositories }: BackupReport): string[] {
  return repositories.flatMap(({ kind, lastProved }) => {
    if (lastProved === null) return [`no backup in ${kind} was ever proved by restoring it`];
    const days = (Date.parse(at) - Date.parse(lastProved.startedAt)) / dayMs;
    return days <= maxProofAge
      ? []
      : [`the newest proof of ${kind} is ${days.toFixed(1)} days old; maxProofAge is ${maxProofAge}`];
  });
}

/**
 * Warns before a deployment whose way back is not proved, or refuses it, as `proofPolicy` says. A
 * stack whose backups do not run yet has none.
 * @param containers of every stack on the engine
 * @throws CommandError if the policy refuses
 */
export async function requireProof(
  docker: Docker,
  { backups, stack }: Pick<StackConfig, "backups" | "stack">,
  containers: readonly Container[],
  say: (text: string) => void,
): Promise<void> {
  const running = containers.find(
    (one) =>
      one.part === "backup" &&
      one.status === "running" &&
      one.stack === stack &&
      (docker.project === undefined || one.project === docker.project),
  );
  if (backups === undefined || running === undefined) return;
  const { code, stdout } = await docker.try(["exec", running.id, "berth-backup", "status"]);
  if (code !== 0) return;
  const missing = unproved(parseBackups(stdout));
  if (missing.length === 0) return;
  const text = `${missing.join("; ")}. Prove it: npx berth backups prove --stack ${stack}`;
  if (backups.proofPolicy === "refuse")
    throw new CommandError(`proofPolicy refuses this: ${text}. Nothing was changed.`, exitCode.failed);
  say(`Backups: ${text}`);
}
