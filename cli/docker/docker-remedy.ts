import { isDebian } from "../apt.ts";
import type { DockerFailure } from "./docker-info.ts";

/** What the remedy depends on. */
export interface DockerCircumstances {
  readonly failure: DockerFailure;
  /** Address that the user or the stack chose; undefined for this machine's own engine. */
  readonly host: string | undefined;
  readonly root: boolean;
  /** `ID` and `ID_LIKE` of /etc/os-release. */
  readonly distribution: readonly string[];
  /** The engine itself is installed here. */
  readonly installed: boolean;
  readonly systemd: boolean;
}

/** What to do about an engine that does not answer. */
export type DockerRemedy =
  { readonly kind: "install" | "start" } | { readonly kind: "explain"; readonly message: string };

/** Decides what berth does itself, and says the exact commands if it must not. */
export function dockerRemedy(circumstances: DockerCircumstances): DockerRemedy {
  const { failure, host, root, installed } = circumstances;
  const debian = isDebian(circumstances.distribution);
  const explain = (...lines: string[]): DockerRemedy => ({
    kind: "explain",
    message: [`Docker cannot be reached: ${failure.message}`, ...lines].join("\n"),
  });
  const outdated = /client version \S+ is too (old|new)/i.exec(failure.message)?.[1];
  if (outdated !== undefined) {
    return explain(
      `The docker command is too ${outdated} for the engine. Install a docker command of the engine's version:`,
      "  https://docs.docker.com/engine/install/ (package docker-ce-cli)",
    );
  }
  if (host !== undefined && !failure.missing) {
    return explain(
      `The engine is the one at ${host} (DOCKER_HOST, docker context or the setting dockerHost). Check that it runs ` +
        "and that you may use it:",
      `  DOCKER_HOST=${host} docker version`,
    );
  }
  if (/permission denied/i.test(failure.message)) {
    return explain(
      "You may not use the engine's socket. Join its group, then log in again:",
      "  sudo usermod -aG docker $USER",
    );
  }
  if (root && debian) {
    if (!installed || failure.missing) return { kind: "install" };
    return { kind: "start" };
  }
  if (root && installed) return { kind: "start" };
  if (installed)
    return explain(
      "Start the engine:",
      `  ${circumstances.systemd ? "sudo systemctl start docker" : "sudo service docker start"}`,
    );
  if (debian) {
    return explain(
      "Install Debian's engine, or run this command again as root, which does it by itself:",
      "  sudo apt-get update && sudo apt-get install -y docker.io",
      "  sudo usermod -aG docker $USER    # then log in again",
    );
  }
  return explain(
    "Install an engine with your distribution's package manager (https://docs.docker.com/engine/install/), or point " +
      "DOCKER_HOST at one that runs elsewhere:",
    "  export DOCKER_HOST=ssh://user@host",
  );
}
