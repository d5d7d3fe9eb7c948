import { Docker } from "../../system/docker.ts";
import { projectName } from "../settings/project.ts";
import type { Session } from "../session.ts";
import type { DockerInfo } from "./docker-info.ts";
import { ensureDocker } from "./ensure-docker.ts";
import type { StackSettings } from "../settings/stack-settings.ts";

/** The Docker engine of a stack, installed or started if it has to be. */
export async function prepareDocker(
  session: Session,
  host: string | undefined,
): Promise<{ docker: Docker; info: DockerInfo }> {
  const docker = new Docker(session.env, host, projectName());
  const info = await session.steps.run("Docker", (reporter) =>
    ensureDocker(docker, host, reporter, session.interruption.signal),
  );
  return { docker, info };
}

/** The engine that a stack's settings choose. */
export function dockerHostOf(settings: Pick<StackSettings, "file">): string | undefined {
  const host = settings.file.values["dockerHost"];
  return host === "" ? undefined : host;
}
