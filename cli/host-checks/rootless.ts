import { hasSecurityOption, type DockerInfo } from "../docker/docker-info.ts";
import type { Finding } from "./finding.ts";

/**
 * Warns of a rootless engine: its port driver hides visitors' addresses, and limits go by those.
 */
export function rootlessFindings(info: DockerInfo): Finding[] {
  if (!hasSecurityOption(info, "rootless")) return [];
  return [
    {
      name: "Rootless",
      state: "warning",
      text: "with rootless Docker all visitors have one address, so that rate limits count them as one",
      remedy:
        "Make the port driver pass client addresses on (https://docs.docker.com/engine/security/rootless/troubleshoot/), " +
        "in ~/.config/systemd/user/docker.service.d/override.conf:\n" +
        '  [Service]\n  Environment="DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER=slirp4netns"\n' +
        "Then: systemctl --user daemon-reload && systemctl --user restart docker",
    },
  ];
}
