import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { labels, type Identity } from "./host.ts";
import type { Limits } from "./limits.ts";

/** What a container has to say for itself; everything else is the same for all of them. */
export interface ContainerPolicy {
  identity: Identity;
  part: string;
  release?: pulumi.Input<string>;
  limits: Limits;
  /** Seconds between the stop signal and SIGKILL. */
  grace: number;
  /**
   * Paths, beyond /tmp, that have to be writable on the read-only root, with their mount options.
   */
  tmpfs?: Record<string, string>;
  /** Size of /tmp, and further folders in memory, for an application's container. */
  memory?: { readonly tmp: number; readonly folders: readonly string[]; readonly user: number };
}

/** Size of /tmp unless a container says otherwise, MiB. */
const usualTmp = 64;

/**
 * Arguments that every long-running container shares: no capabilities, no new privileges, a
 * read-only root, bounded memory and logs, started again unless stopped by hand, and time to end in
 * order (the provider kills at once otherwise).
 */
export function containerDefaults(policy: ContainerPolicy) {
  return {
    labels: labels(policy.identity, policy.part, policy.release),
    restart: "unless-stopped",
    readOnly: true,
    tmpfs: {
      "/tmp": `rw,noexec,nosuid,nodev,size=${policy.memory?.tmp ?? usualTmp}m`,
      ...Object.fromEntries(
        (policy.memory?.folders ?? []).map((folder) => [
          folder,
          `rw,noexec,nosuid,nodev,size=${usualTmp}m,uid=${policy.memory?.user ?? 0},gid=${policy.memory?.user ?? 0},mode=0755`,
        ]),
      ),
      ...policy.tmpfs,
    },
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges"],
    memory: policy.limits.memory,
    // Equal to `memory`: no swap on top. Left out, the provider reports a change on every run.
    memorySwap: policy.limits.memory,
    cpuShares: policy.limits.cpuShares,
    ...(policy.limits.cpus === undefined ? {} : { cpus: String(policy.limits.cpus) }),
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
    destroyGraceSeconds: policy.grace,
    stopTimeout: policy.grace,
  } satisfies Partial<docker.ContainerArgs>;
}

/**
 * A duration as Docker's engine writes it back ("1m0s"); any other spelling shows as a change on
 * every refresh.
 */
function goDuration(seconds: number): string {
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/**
 * A container's own check, run inside it.
 * @param command exit 0 means healthy
 * @param every seconds between two checks
 * @param startPeriod seconds after the start in which failures do not count
 */
export function healthcheck(command: readonly string[], every: number, startPeriod: number) {
  return {
    tests: ["CMD", ...command],
    interval: goDuration(every),
    timeout: goDuration(5),
    retries: 3,
    startPeriod: goDuration(startPeriod),
  };
}

/**
 * Options of a container.
 * @param exclusive the container owns something that only one can hold (a host port, a data
 * directory), so the old one goes first
 */
export function containerOptions(parent: pulumi.Resource, exclusive: boolean): pulumi.CustomResourceOptions {
  return {
    parent,
    deleteBeforeReplace: exclusive,
    // The provider reports these as updated in place and does not apply them.
    replaceOnChanges: ["healthcheck", "tmpfs", "init"],
  };
}
