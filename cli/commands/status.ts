import { waitingOn } from "../../releases/read-restarts.ts";
import { describeWaiting } from "../../releases/restart-record.ts";
import { exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { observedContainers } from "../docker/observed-containers.ts";
import { stackDocker } from "../docker/stack-docker.ts";
import { renderStatus, reportStatus } from "../status/status-report.ts";
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
      ? JSON.stringify(report, null, 2)
      : [renderStatus(report), ...waiting.map((one) => describeWaiting(one, stack))].join("\n"),
  );
  return report.healthy ? exitCode.done : exitCode.failed;
}
