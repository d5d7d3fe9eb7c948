import type { StackShape } from "../../stacks/shape.ts";

const MIB = 2 ** 20;
/** What one Node process of the application takes under load, in MiB: `docker stats` showed 69 to 87. */
const PROCESS_MIB = 85;
/** Docker's engine, Nginx, Certbot, Redis and the system beside the application and its database, in MiB. */
const OTHERS_MIB = 120;

/** Memory that a release needs while its replicas run beside those before, in MiB. */
export function releaseMemory({ app, database }: StackShape): number {
  const processes = app.replicas * app.workers + (app.worker ? 1 : 0);
  // A replica with a port of the host is replaced by stopping the old one first.
  const releases = app.port === undefined ? 2 : 1;
  return processes * releases * PROCESS_MIB + Math.ceil(database.limits.memory / 4) + OTHERS_MIB;
}

/**
 * Says whether the host's memory is enough for a release.
 * @param bytes memory of the Docker host
 */
export function memoryProblems(shape: StackShape, bytes: number): string[] {
  const needed = releaseMemory(shape);
  const present = Math.floor(bytes / MIB);
  if (present >= needed) return [];
  return [
    `the Docker host has ${present} MiB of memory, and a release needs about ${needed} while its replicas run beside those before. Fix: pulumi config set replicas ${affordable(shape, present)} --stack ${shape.stack}, or take a bigger host`,
  ];
}

/** Replicas that a host has the memory for. */
function affordable(shape: StackShape, present: number): number {
  const one = releaseMemory({ ...shape, app: { ...shape.app, replicas: 1 } });
  const more = shape.app.workers * 2 * PROCESS_MIB;
  return 1 + Math.max(0, Math.floor((present - one) / more));
}
