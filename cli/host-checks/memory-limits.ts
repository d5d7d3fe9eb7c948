import { hasSecurityOption, type DockerInfo } from "../docker/docker-info.ts";
import type { Finding } from "./finding.ts";

/**
 * Warns of a kernel that limits no container's memory: one leak takes the host down, and each
 * refresh shows a change.
 */
export function memoryLimitFindings(info: DockerInfo): Finding[] {
  if (info.MemoryLimit) return [];
  const remedy = hasSecurityOption(info, "rootless")
    ? "Delegate the memory controller to users: https://rootlesscontaine.rs/getting-started/common/cgroup2/"
    : "Switch the memory cgroup on and reboot. On Raspberry Pi OS, add to the line in /boot/firmware/cmdline.txt:\n" +
      "  cgroup_enable=memory cgroup_memory=1";
  return [
    {
      name: "Limits",
      state: "warning",
      text: "the kernel's memory cgroup is off, so that no container's memory is limited",
      remedy,
    },
  ];
}
