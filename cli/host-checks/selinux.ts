import { hasSecurityOption, type DockerInfo } from "../docker/docker-info.ts";
import type { Finding } from "./finding.ts";

/**
 * Warns of an engine that confines containers with SELinux: sources that are mounted into one have
 * to be labelled.
 * @param mounted folder of the checkout that a container of the stack reads; undefined if there is
 * none
 */
export function selinuxFindings(info: DockerInfo, mounted: string | undefined): Finding[] {
  if (mounted === undefined || !hasSecurityOption(info, "selinux")) return [];
  return [
    {
      name: "SELinux",
      state: "warning",
      text: `containers may read ${mounted} only with a label for that`,
      remedy: `chcon --recursive --type container_file_t ${mounted}`,
    },
  ];
}
