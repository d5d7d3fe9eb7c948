import { waitingOn } from "../../releases/read-restarts.ts";
import { describeWaiting } from "../../releases/restart-record.ts";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { observedContainers } from "../docker/observed-containers.ts";
import { stackDocker } from "../docker/stack-docker.ts";
import { renderStatus, reportStatus } from "../status/status-report.ts";
import { parseBackups, type BackupReport } from "../status/backup-report.ts";
import { stackCommand, type AddCommand } from "./command.ts";

/** `berth status`: what runs, and whether it is healthy. */
export const addStatus: AddCommand = (program, run) => {
  stackCommand(
    program,
    "status",
    "show what runs: parts, health, release, addresses; exits with 1 unless everything is healthy",
    [
      ["npx berth status", "the dev stack, as a table"],
      ["npx berth status --stack prod --json", "the prod stack, for programs"],
    ],
  )
    .option("--json", "print JSON")
    .action(async (options: { stack: string; json?: boolean }) =>
      run({ showSteps: false }, (session) => status(session, options.stack, options.json === true)),
    );
};

async function status(session: Session, stack: string, json: boolean): Promise<number> {
  const docker = stackDocker(session.env, stack);
  const containers = await observedContainers(docker, stack);
  const waiting = await waitingOn(docker, { project: docker.project, stack });
  const report = { ...reportStatus(stack, containers, new Date(), docker.env["DOCKER_HOST"]), waiting };
  session.print(
    json
      ? JSON.stringify({ ...report, backups: await backupsOf(docker, containers) }, null, 2)
      : [renderStatus(report), ...waiting.map((one) => describeWaiting(one, stack))].join("\n"),
  );
  return report.healthy ? exitCode.done : exitCode.failed;
}

/** What `berth backups --json` prints; null for a stack whose backups do not run. */
async function backupsOf(docker: Docker, containers: readonly Container[]): Promise<BackupReport | null> {
  const running = containers.find(({ part, status: state }) => part === "backup" && state === "running");
  if (running === undefined) return null;
  const { code, stdout } = await docker.try(["exec", running.id, "berth-backup", "status"]);
  return code === 0 ? parseBackups(stdout) : null;
}
