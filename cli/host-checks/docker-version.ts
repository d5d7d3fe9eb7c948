import { hasSecurityOption, type DockerInfo } from "../docker/docker-info.ts";
import { atLeast } from "../pulumi-cli/pinned-versions.ts";
import type { Finding } from "./finding.ts";

/** The oldest engine that berth is tested with: Debian 12's. */
const oldestTested = "20.10.0";

/**
 * What an engine's behaviour depends on besides its version, as docs/engines.md has it: where it
 * keeps images, how it limits containers, how it filters packets, whose users its containers have.
 */
function traits(info: DockerInfo): string[] {
  const containerd =
    info.DriverStatus?.some(([, value]) => value === "io.containerd.snapshotter.v1") === true;
  return [
    containerd ? "containerd's image store" : `image store ${info.Driver}`,
    ...(info.CgroupVersion === "" ? [] : [`cgroup v${info.CgroupVersion}`]),
    ...(info.FirewallBackend == null ? [] : [info.FirewallBackend.Driver]),
    ...(hasSecurityOption(info, "userns") ? ["remapped users"] : []),
  ];
}

/** Judges the version of the engine that answers. */
export function dockerVersionFinding(info: DockerInfo): Finding {
  const { ServerVersion, Name } = info;
  const name = "Docker";
  const text = `engine ${ServerVersion} on ${Name}: ${traits(info).join(", ")}`;
  // A development build calls itself `dev`.
  if (!/^\d/.test(ServerVersion) || atLeast(ServerVersion, oldestTested)) return { name, state: "ok", text };
  return {
    name,
    state: "warning",
    text: `${text}; older than ${oldestTested}, the oldest that berth is tested with`,
    remedy: "Install a newer engine: https://docs.docker.com/engine/install/",
  };
}
