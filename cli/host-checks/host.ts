import { existsSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { checkout } from "../checkout.ts";
import { answers, askDocker, type DockerInfo } from "../docker/docker-info.ts";
import { routedSubnets } from "./address-pools.ts";
import { currentBuilder, type Builder } from "./builder.ts";
import type { Clocks } from "./clock.ts";
import { openFilesOf } from "./file-limits.ts";
import { diskEncryption, type DiskEncryption } from "./disk-encryption.ts";
import { freeSpace } from "./disk-space.ts";
import { listeners, type Listener } from "./listening.ts";
import { uplinkOf, type Uplink } from "./mtu.ts";
import { readNetworks, type Networks } from "./networks.ts";

/** What is known about the host of a Docker engine. */
export interface Host {
  readonly info: DockerInfo;
  /** Every container that runs on the engine. */
  readonly running: readonly Container[];
  /** Free bytes of Docker's folder; undefined if they cannot be told. */
  readonly free: number | undefined;
  readonly encryption: DiskEncryption;
  readonly clocks: Clocks;
  /** Listening sockets; empty if the host is another machine. */
  readonly listeners: readonly Listener[];
  /** Undefined if the host is another machine. */
  readonly uplink: Uplink | undefined;
  readonly networks: Networks;
  /** Subnets that the host has routes to; empty if it is another machine. */
  readonly routed: readonly string[];
  readonly builder: Builder | undefined;
  /** How many files the stack's Nginx may open; undefined if none runs. */
  readonly openFiles: number | undefined;
}

/**
 * Looks at a Docker host, and changes nothing.
 * @param stack whose networks are looked at
 * @param info what the engine said a moment ago; it is asked for its clock once more if it is
 * another machine's
 */
export async function lookAtHost(docker: Docker, info: DockerInfo, stack: string): Promise<Host> {
  const local = isLocal(info);
  const running = await docker.containers([]);
  const [free, encryption, networks, clocks, openFiles] = await Promise.all([
    freeSpace(docker, info.DockerRootDir, local, running[0]?.id),
    diskEncryption(docker, info.DockerRootDir, local, running),
    readNetworks(docker, stack),
    readClocks(docker, local),
    openFilesOf(docker, running, stack),
  ]);
  return {
    info,
    running,
    free,
    encryption,
    clocks,
    listeners: local ? listeners() : [],
    uplink: local ? uplinkOf() : undefined,
    networks,
    routed: local ? routedSubnets() : [],
    builder: currentBuilder(docker.env),
    openFiles,
  };
}

/**
 * An engine that calls itself as this machine is called runs here: its sockets are in this
 * machine's /proc.
 */
export const isLocal = (info: DockerInfo): boolean => info.Name === hostname();

async function readClocks(docker: Docker, local: boolean): Promise<Clocks> {
  const here = new Date();
  const asked = local ? undefined : await askDocker(docker);
  const theirs = asked !== undefined && answers(asked) ? asked.SystemTime : undefined;
  return { here, docker: theirs, newestFile: newestFile() };
}

/** Git writes these at every checkout, npm at every installation. */
function newestFile(): Date {
  const times = ["package-lock.json", "node_modules/.package-lock.json", ".git/HEAD", ".git/index"]
    .map((file) => join(checkout.root, file))
    .filter((file) => existsSync(file))
    .map((file) => statSync(file).mtimeMs);
  return new Date(Math.max(0, ...times));
}
