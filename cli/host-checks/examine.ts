import { existsSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { checkout } from "../checkout.ts";
import { Docker } from "../../system/docker.ts";
import type { Session } from "../session.ts";
import { answers, askDocker, type DockerFailure, type DockerInfo } from "../docker/docker-info.ts";
import { dockerRemedy } from "../docker/docker-remedy.ts";
import { circumstancesOf } from "../docker/ensure-docker.ts";
import type { StackOptions, StackSettings } from "../settings/stack-settings.ts";
import { freeSpace, spaceProblems } from "./disk-space.ts";
import { listeners, ownerOf } from "./listening.ts";
import { portProblems } from "./ports.ts";
import { defaultMinDisk } from "./preflight.ts";
import { pulumiCliFinding } from "./pulumi-cli.ts";
import type { Finding } from "./finding.ts";
import { clockFinding, diskFinding, memoryFinding } from "./host-findings.ts";
import { lockFinding, secretFindings, settingsFinding } from "./stack-findings.ts";

/** Looks at everything that `up` of a stack needs, and changes nothing. */
export async function examine(session: Session, options: StackOptions): Promise<Finding[]> {
  const settings = settingsFinding(options.stack);
  const docker = new Docker(session.env, settings.settings?.file.values["dockerHost"]);
  const asked = await askDocker(docker);
  const info = answers(asked) ? asked : undefined;
  return [
    nodeFinding(),
    await pulumiCliFinding(session.env),
    dockerFinding(docker, asked),
    ...(info === undefined ? [] : await hostFindings(docker, info, options.stack, settings.settings)),
    clockFinding(new Date(), info?.SystemTime, newestFile()),
    settings.finding,
    ...(settings.settings === undefined ? [] : await secretFindings(session, options, settings.settings)),
    lockFinding(options.stack),
  ];
}

function nodeFinding(): Finding {
  const bundled = process.execPath.startsWith(checkout.root);
  return { name: "Node", state: "ok", text: `${process.versions.node}${bundled ? ", from npm" : ""}` };
}

function dockerFinding(docker: Docker, asked: DockerInfo | DockerFailure): Finding {
  const name = "Docker";
  if (answers(asked)) return { name, state: "ok", text: `engine ${asked.ServerVersion} on ${asked.Name}` };
  const remedy = dockerRemedy(circumstancesOf(docker, undefined, asked));
  if (remedy.kind !== "explain") {
    const how = remedy.kind === "install" ? "installs the distribution's engine and starts it" : "starts it";
    return { name, state: "warning", text: asked.message, remedy: `npx berth up ${how}.` };
  }
  const [text = "", ...lines] = remedy.message.split("\n");
  return { name, state: "problem", text, remedy: lines.join("\n") };
}

async function hostFindings(
  docker: Docker,
  info: DockerInfo,
  stack: string,
  settings: StackSettings | undefined,
): Promise<Finding[]> {
  const local = info.Name === hostname();
  const running = await docker.containers([]);
  const free = await freeSpace(docker, info.DockerRootDir, local, running[0]?.id);
  const published = settings?.shape?.published ?? [];
  // Without the state, the label has to say which containers are the stack's own.
  const own = new Set(running.filter((container) => container.stack === stack).map(({ id }) => id));
  const ports = portProblems(stack, published, {
    containers: running,
    own,
    listeners: local ? listeners() : [],
    ownerOf,
  });
  const wanted = published.map(({ port }) => port).join(", ");
  return [
    diskFinding(free, info.DockerRootDir, spaceProblems(free, defaultMinDisk, info.DockerRootDir)),
    memoryFinding(info.MemTotal, info.NCPU),
    ports.length === 0
      ? {
          name: "Ports",
          state: "ok",
          text: wanted === "" ? "none is published" : `${wanted}: free, or the stack's own`,
        }
      : {
          name: "Ports",
          state: "problem",
          text: `not all of ${wanted} can be had`,
          remedy: ports.join("\n"),
        },
  ];
}

/** Git writes these at every checkout, npm at every installation. */
function newestFile(): Date {
  const times = ["package-lock.json", "node_modules/.package-lock.json", ".git/HEAD", ".git/index"]
    .map((file) => join(checkout.root, file))
    .filter((file) => existsSync(file))
    .map((file) => statSync(file).mtimeMs);
  return new Date(Math.max(0, ...times));
}
