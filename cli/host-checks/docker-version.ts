import type { DockerInfo } from "../docker/docker-info.ts";
import { atLeast } from "../pulumi-cli/pinned-versions.ts";
import type { Finding } from "./finding.ts";

/** The oldest engine that berth is tested with: Debian 12's. */
const oldestTested = "20.10.0";

/** Judges the version of the engine that answers. */
export function dockerVersionFinding({ ServerVersion, Name }: DockerInfo): Finding {
  const name = "Docker";
  const text = `engine ${ServerVersion} on ${Name}`;
  // A development build calls itself `dev`.
  if (!/^\d/.test(ServerVersion) || atLeast(ServerVersion, oldestTested)) return { name, state: "ok", text };
  return {
    name,
    state: "warning",
    text: `${text} is older than ${oldestTested}, the oldest that berth is tested with`,
    remedy: "Install a newer engine: https://docs.docker.com/engine/install/",
  };
}
