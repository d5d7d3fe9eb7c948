import { setTimeout as sleep } from "node:timers/promises";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { edgePaths } from "../../infra/rendering/edge-paths.ts";
import { lastRun, readCertificates, renderCertificates } from "../status/certificate-report.ts";
import { runningPart, stackDocker } from "../docker/stack-docker.ts";
import { stackCommand, type AddCommand } from "./command.ts";

/** `berth certs`: the certificate that is served, and how its renewal goes. */
export const addCerts: AddCommand = (program, run) => {
  stackCommand(
    program,
    "certs",
    "show the served certificate, its renewal and the last error; exits with 1 unless it is valid",
    [
      ["npx berth certs --stack prod", "names, issuer, expiry, next renewal, last error"],
      ["npx berth certs --stack prod --json", "the same, for programs"],
      [
        "npx berth certs --stack prod --renew",
        "makes Certbot check now, for example after you corrected a DNS record",
      ],
    ],
  )
    .option("--json", "print JSON")
    .option(
      "--renew",
      "make Certbot order or renew the certificate now if it is due, and wait for the result",
    )
    .action(async (options: { stack: string; json?: boolean; renew?: boolean }) =>
      run({ showSteps: false }, async (session) => {
        if (options.renew === true) await renew(session, options.stack);
        return certs(session, options.stack, options.json === true);
      }),
    );
};

async function certs(session: Session, stack: string, json: boolean): Promise<number> {
  const docker = stackDocker(session.env, stack);
  const proxy = runningPart(await docker.containersOf(stack), stack, "nginx");
  const report = readCertificates(stack, await filesOf(docker, proxy.id), new Date());
  session.print(json ? JSON.stringify(report, null, 2) : renderCertificates(report));
  return report.healthy ? exitCode.done : exitCode.failed;
}

/**
 * Longest that a run of Certbot takes, in milliseconds: nginx/certbot/authority.py ends it after
 * that.
 */
const LONGEST_RUN = 1_800_000;

/**
 * Has Certbot's container run now, and returns once it has.
 * @throws CommandError if the stack has no such container, or it does not end its run
 */
async function renew(session: Session, stack: string): Promise<void> {
  const docker = stackDocker(session.env, stack);
  const containers = await docker.containersOf(stack);
  const certbot = runningPart(containers, stack, "certbot");
  const proxy = runningPart(containers, stack, "nginx");
  const before = lastRun((await filesOf(docker, proxy.id)).status);
  await docker.run(["kill", "--signal=USR1", certbot.id]);
  const deadline = Date.now() + LONGEST_RUN;
  while (lastRun((await filesOf(docker, proxy.id)).status) === before) {
    if (Date.now() > deadline)
      throw new CommandError(
        `Certbot's run has not ended. Look: npx berth logs certbot --stack ${stack}`,
        exitCode.failed,
      );
    await sleep(1_000);
  }
}

/** Reads the volume from inside the proxy's container; a file that is not there yet is empty. */
async function filesOf(docker: Docker, proxy: string) {
  const read = (program: string, file: string) => {
    const script = `if [ -e "$1" ]; then ${program} "$1"; fi`;
    return docker.run(["exec", "--workdir", edgePaths.certificates, proxy, "sh", "-c", script, "sh", file]);
  };
  return {
    folder: (await read("readlink", "served/current")).trim(),
    chain: await read("cat", "served/current/fullchain.pem"),
    status: await read("cat", "status.json"),
  };
}
