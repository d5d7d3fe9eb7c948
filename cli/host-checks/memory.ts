import type { StackShape } from "../../stacks/shape.ts";

const MIB = 2 ** 20;
/** What one Node process of the application takes under load, in MiB: `docker stats` showed 69 to 87. */
const PROCESS_MIB = 85;
/** Docker's engine, Nginx, Certbot, Redis and the system beside the application and its database, in MiB. */
const OTHERS_MIB = 120;

/** Memory that a release needs while it replaces the one before, in MiB. */
export function releaseMemory({ app, database, release }: StackShape): number {
  const serving = app.replicas * app.workers + (app.worker ? 1 : 0);
  // A replica with a port of the host is replaced by stopping the old one first, and so is every one under `rolling`. What runs
  // beside them then is the migration.
  const alone = app.port !== undefined || release.strategy === "rolling";
  const processes = alone ? serving + 1 : serving * 2;
  return processes * PROCESS_MIB + Math.ceil(database.limits.memory / 4) + OTHERS_MIB;
}

/**
 * Says whether the host's memory is enough for a release.
 * @param bytes memory of the Docker host
 */
export function memoryProblems(shape: StackShape, bytes: number): string[] {
  const needed = releaseMemory(shape);
  const present = Math.floor(bytes / MIB);
  if (present >= needed) return [];
  const set = (setting: string) => `pulumi config set ${setting} --stack ${shape.stack}`;
  const rolling = { ...shape, release: { ...shape.release, strategy: "rolling" as const } };
  const oneByOne = releaseMemory(rolling);
  const fewer = affordable(shape, present);
  const fixes = [
    // It needs a second replica, and Nginx in front.
    ...(oneByOne <= present && oneByOne < needed && shape.edge !== undefined && shape.app.replicas > 1
      ? [`${set("strategy rolling")}, which replaces one replica at a time and needs about ${oneByOne}`]
      : []),
    ...(fewer < shape.app.replicas ? [set(`replicas ${fewer}`)] : []),
    "take a bigger host",
  ];
  const why = shape.release.strategy === "rolling" ? "" : " while its replicas run beside those before";
  return [
    `the Docker host has ${present} MiB of memory, and a release needs about ${needed}${why}. Fix: ${fixes.join(", or ")}`,
  ];
}

/** Replicas that a host has the memory for; not fewer than the strategy needs. */
function affordable(shape: StackShape, present: number): number {
  const withReplicas = (replicas: number) => releaseMemory({ ...shape, app: { ...shape.app, replicas } });
  const fewest = shape.release.strategy === "rolling" ? 2 : 1;
  const more = withReplicas(2) - withReplicas(1);
  return fewest + Math.max(0, Math.floor((present - withReplicas(fewest)) / more));
}
