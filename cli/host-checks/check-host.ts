import { publishedPorts, type PublishedPort, type StackConfig } from "../../stacks/stack-config.ts";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { DockerInfo } from "../docker/docker-info.ts";
import { addressPoolFindings } from "./address-pools.ts";
import { builderFindings } from "./builder.ts";
import { challengeFindings } from "./challenge.ts";
import { clockFinding } from "./clock.ts";
import { encryptionFinding } from "./disk-encryption.ts";
import { diskFinding } from "./disk-space.ts";
import { dockerVersionFinding } from "./docker-version.ts";
import { fileLimitFindings } from "./file-limits.ts";
import { renderProblems, type Finding } from "./finding.ts";
import { foreignFindings } from "./foreign-containers.ts";
import { lookAtHost, type Host } from "./host.ts";
import { ipv6Findings } from "./ipv6.ts";
import { ownerOf } from "./listening.ts";
import { loopbackFindings } from "./loopback.ts";
import { projectName } from "../settings/project.ts";
import { memoryLimitFindings } from "./memory-limits.ts";
import { memoryFinding } from "./memory.ts";
import { mtuFindings } from "./mtu.ts";
import { portFindings } from "./ports.ts";
import { processLimitFindings } from "./process-limits.ts";
import { rootlessFindings } from "./rootless.ts";
import { selinuxFindings } from "./selinux.ts";

/** The stack that a host is to carry. */
export interface Wanted {
  readonly stack: string;
  /**
   * Undefined if the settings cannot be read, or not yet: checks that depend on them are skipped
   * then.
   */
  readonly config: StackConfig | undefined;
  /** Host ports that have to be free; all of the stack's if unset. */
  readonly published?: readonly PublishedPort[];
  /** Ids of the containers in the stack's own state. */
  readonly own: ReadonlySet<string>;
  /** Free GiB that Docker's folder must have. */
  readonly minDisk: number;
}

/**
 * Everything that is checked about a host, in the order in which `doctor` shows it. `up` refuses
 * over the problems.
 */
export function checkHost(host: Host, wanted: Wanted): Finding[] {
  const { stack, config, own, minDisk } = wanted;
  const { info, running, listeners } = host;
  const foreign = foreignFindings({ project: projectName(), stack }, running, own);
  const ports = wanted.published ?? (config === undefined ? undefined : publishedPorts(config));
  // A stack of the same name has the same ports: to say it once is enough.
  const published = foreign.length === 0 ? ports : [];
  const mounted = config?.app.hotReload === true ? "app/src" : undefined;
  return [
    dockerVersionFinding(info),
    ...foreign,
    ...portFindings(stack, published, { containers: running, own, listeners, ownerOf }),
    ...loopbackFindings(info, published ?? []),
    ...ipv6Findings(stack, published ?? []),
    ...challengeFindings(stack, config?.edge),
    diskFinding(host.free, minDisk, info.DockerRootDir),
    encryptionFinding(host.encryption, info.DockerRootDir, config?.requireEncryptedDisk === true),
    memoryFinding(config, info.MemTotal, info.NCPU),
    ...memoryLimitFindings(info),
    ...processLimitFindings(info),
    ...fileLimitFindings(host.openFiles),
    ...rootlessFindings(info),
    ...selinuxFindings(info, mounted),
    ...mtuFindings(host.uplink, host.networks.mtu),
    ...addressPoolFindings(
      info.DefaultAddressPools,
      [...host.networks.subnets, ...host.routed],
      host.networks.own,
    ),
    ...builderFindings(host.builder),
    clockFinding(host.clocks),
  ];
}

/**
 * Refuses a host that cannot carry the stack.
 * @returns every container that runs on the engine, for the next check
 * @throws CommandError (exit code 3) with all problems at once
 */
export async function requireHost(
  docker: Docker,
  info: DockerInfo,
  wanted: Wanted,
): Promise<readonly Container[]> {
  const host = await lookAtHost(docker, info, wanted.stack);
  const problems = renderProblems(checkHost(host, wanted));
  if (problems === "") return host.running;
  throw new CommandError(
    `Stack ${wanted.stack} cannot be deployed; nothing was changed.\n${problems}`,
    exitCode.environment,
  );
}
