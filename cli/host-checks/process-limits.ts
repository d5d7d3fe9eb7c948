import type { DockerInfo } from "../docker/docker-info.ts";
import type { Finding } from "./finding.ts";

/** Warns of a kernel that limits no container's processes: one that forks takes the host. */
export function processLimitFindings(info: DockerInfo): Finding[] {
  if (info.PidsLimit) return [];
  return [
    {
      name: "Limits",
      state: "warning",
      text: "the kernel's pids cgroup is off, so that no container's processes are limited",
      remedy:
        "Boot with cgroup v2 (systemd.unified_cgroup_hierarchy=1); a rootless engine needs the pids controller delegated: https://rootlesscontaine.rs/getting-started/common/cgroup2/",
    },
  ];
}
