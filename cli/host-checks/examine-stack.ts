import { checkout } from "../checkout.ts";
import { Docker } from "../../system/docker.ts";
import type { Session } from "../session.ts";
import { answers, askDocker, type DockerFailure } from "../docker/docker-info.ts";
import { dockerRemedy } from "../docker/docker-remedy.ts";
import { circumstancesOf } from "../docker/ensure-docker.ts";
import { dockerIds } from "../pulumi/deployment.ts";
import type { StackOptions } from "../settings/stack-settings.ts";
import { currentBackend } from "../state/backend.ts";
import { readLocalState } from "../state/local-state.ts";
import { checkHost } from "./check-host.ts";
import { projectName } from "../settings/project.ts";
import { defaultMinDisk } from "./disk-space.ts";
import type { Finding } from "./finding.ts";
import { baseImagesOn, imageAgeFindings } from "./image-ages.ts";
import { lookAtHost } from "./host.ts";
import { pulumiCliFinding } from "./pulumi-cli.ts";
import {
  lockFinding,
  mailFindings,
  restartFindings,
  secretFindings,
  settingsFinding,
} from "./stack-findings.ts";

/** Looks at everything that `up` of a stack needs, and changes nothing. */
export async function examineStack(session: Session, options: StackOptions): Promise<Finding[]> {
  const { finding, settings } = settingsFinding(options.stack);
  const docker = new Docker(session.env, settings?.file.values["dockerHost"], projectName());
  const asked = await askDocker(docker);
  return [
    nodeFinding(),
    await pulumiCliFinding(session.env),
    ...(answers(asked)
      ? checkHost(await lookAtHost(docker, asked, options.stack), {
          stack: options.stack,
          config: settings?.config,
          own: await ownContainers(session, docker, options.stack),
          minDisk: defaultMinDisk,
        })
      : [silentDockerFinding(docker, asked)]),
    ...(answers(asked) ? imageAgeFindings(await baseImagesOn(docker, session.env), new Date()) : []),
    finding,
    ...(settings === undefined ? [] : mailFindings(settings, options.stack)),
    ...(settings === undefined ? [] : await secretFindings(session, options, settings)),
    lockFinding(options.stack),
    ...(answers(asked) ? await restartFindings(docker, options.stack) : []),
  ];
}

function nodeFinding(): Finding {
  const bundled = process.execPath.startsWith(checkout.root);
  return { name: "Node", state: "ok", text: `${process.versions.node}${bundled ? ", from npm" : ""}` };
}

function silentDockerFinding(docker: Docker, failure: DockerFailure): Finding {
  const name = "Docker";
  const remedy = dockerRemedy(circumstancesOf(docker, undefined, failure));
  if (remedy.kind !== "explain") {
    const how = remedy.kind === "install" ? "installs the distribution's engine and starts it" : "starts it";
    return { name, state: "warning", text: failure.message, remedy: `npx berth up ${how}.` };
  }
  const [text = "", ...lines] = remedy.message.split("\n");
  return { name, state: "problem", text, remedy: lines.join("\n") };
}

/**
 * Ids in the stack's state. A state that only Pulumi can read is not asked for: the label has to
 * say it then.
 */
async function ownContainers(session: Session, docker: Docker, stack: string): Promise<ReadonlySet<string>> {
  const backend = currentBackend(session.env, checkout.state);
  if (backend.folder !== undefined) {
    const state = readLocalState(backend.folder, stack);
    return state === undefined ? new Set() : dockerIds(state);
  }
  return new Set((await docker.containersOf(stack)).map(({ id }) => id));
}
