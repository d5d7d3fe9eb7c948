import type { Docker } from "../../system/docker.ts";
import { exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { edgePaths } from "../../infra/rendering/edge-paths.ts";
import { readCertificates, renderCertificates } from "../status/certificate-report.ts";
import { runningPart, stackDocker } from "../docker/stack-docker.ts";
import { stackCommand, type AddCommand } from "./command.ts";

/** `berth certs`: the certificate that is served, and how its renewal goes. */
export const addCerts: AddCommand = (program, run) => {
  stackCommand(
    program,
    "certs",
    "show the certificate that is served, its renewal and the last error; exits with 1 unless it is valid",
    [
      ["npx berth certs --stack prod", "names, issuer, expiry, next renewal, last error"],
      ["npx berth certs --stack prod --json", "the same, for a program to read"],
    ],
  )
    .option("--json", "print JSON")
    .action(async (options: { stack: string; json?: boolean }) =>
      run({ showSteps: false }, (session) => certs(session, options.stack, options.json === true)),
    );
};

async function certs(session: Session, stack: string, json: boolean): Promise<number> {
  const docker = stackDocker(session.env, stack);
  const proxy = runningPart(await docker.containersOf(stack), stack, "nginx");
  const report = readCertificates(stack, await filesOf(docker, proxy.id), new Date());
  session.print(json ? JSON.stringify(report, null, 2) : renderCertificates(report));
  return report.healthy ? exitCode.done : exitCode.failed;
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
