import type { DatabaseConfig } from "../../stacks/database.ts";
import type { PublishedPort } from "../../stacks/stack-config.ts";
import { containerDefaults, healthcheck } from "./container-defaults.ts";
import type { Identity } from "./host.ts";
import { databaseLimits } from "./limits.ts";
import { publishedPorts } from "./published-ports.ts";

/** Postgres's uid and gid in the official image and in ours. */
export const postgresUser = 999;

/** Seconds that Postgres may take for its shutdown checkpoint. */
const shutdownGrace = 90;

/** Over TCP, because the server that initialises the data directory listens on the socket only. */
export const databaseCheck = ["pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres"];

/**
 * Where the data files are mounted, and where they are inside. From 18 on images have the volume
 * above a folder of the version.
 * https://github.com/docker-library/postgres/pull/1259
 */
export function dataPlace(version: DatabaseConfig["postgresVersion"]) {
  return Number(version) >= 18
    ? { target: "/var/lib/postgresql", folder: `/var/lib/postgresql/${version}/docker` }
    : { target: "/var/lib/postgresql/data", folder: "/var/lib/postgresql/data/pgdata" };
}

/** Options of `initdb`. */
export const initdbOptions = "--auth-host=scram-sha-256 --data-checksums";

/** What the settings say of Postgres's container. */
export interface DatabaseDefinitionArgs {
  readonly identity: Identity;
  readonly config: DatabaseConfig;
  /** Host port, for development tools. */
  readonly port: PublishedPort | undefined;
}

/** Postgres's settings that a restart alone puts into force. */
export function databaseSettings(config: DatabaseConfig): Readonly<Record<string, string>> {
  return {
    max_connections: String(config.databaseMaxConnections),
    // A quarter of the memory: https://www.postgresql.org/docs/17/runtime-config-resource.html
    shared_buffers: `${Math.floor(databaseLimits(config).memory / 4)}MB`,
  };
}

/**
 * Postgres's container as far as it is known before anything is made: without image, volumes and
 * networks. `part` names it in its labels.
 */
export function databaseDefinition(part: string, { identity, config, port }: DatabaseDefinitionArgs) {
  return {
    ...containerDefaults({
      identity,
      part,
      limits: databaseLimits(config),
      grace: shutdownGrace,
      tmpfs: {
        "/run/postgresql": `rw,noexec,nosuid,nodev,size=1m,uid=${postgresUser},gid=${postgresUser}`,
      },
    }),
    // The volume takes over the image's ownership of its mount point, so nothing has to start as
    // root.
    user: `${postgresUser}:${postgresUser}`,
    command: [
      "postgres",
      ...Object.entries(databaseSettings(config)).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    // Parallel queries share memory here; Docker's default of 64 MB is soon used up.
    shmSize: 256,
    ports: publishedPorts(5432, port),
    healthcheck: healthcheck(databaseCheck, 10, 60),
    stopSignal: "SIGINT",
  };
}
