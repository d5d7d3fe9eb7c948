import type { StackShape } from "../../stacks/shape.ts";
import type { Finding } from "./finding.ts";

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
 * Judges whether the host's memory is enough for a release.
 * @param bytes memory of the Docker host
 * @param shape the stack's settings; undefined if they cannot be read yet
 */
export function memoryFinding(shape: StackShape | undefined, bytes: number, processors: number): Finding {
  const name = "Memory";
  const present = Math.floor(bytes / MIB);
  const text = `${present} MiB and ${processors} processors on the Docker host`;
  if (shape === undefined) return { name, state: "ok", text };
  const needed = releaseMemory(shape);
  if (present >= needed) return { name, state: "ok", text: `${text}; a release needs about ${needed} MiB` };
  const why = shape.release.strategy === "rolling" ? "" : " while its replicas run beside those before";
  return {
    name,
    state: "problem",
    text: `the Docker host has ${present} MiB of memory, and a release needs about ${needed}${why}`,
    remedy: `Fix: ${fixes(shape, present, needed).join(", or ")}`,
  };
}

function fixes(shape: StackShape, present: number, needed: number): string[] {
  const set = (setting: string) => `pulumi config set ${setting} --stack ${shape.stack}`;
  const rolling = { ...shape, release: { ...shape.release, strategy: "rolling" as const } };
  const oneByOne = releaseMemory(rolling);
  const fewer = affordable(shape, present);
  // It needs a second replica, and Nginx in front.
  const canRoll = shape.edge !== undefined && shape.app.replicas > 1;
  return [
    ...(canRoll && oneByOne <= present && oneByOne < needed
      ? [`${set("strategy rolling")}, which replaces one replica at a time and needs about ${oneByOne}`]
      : []),
    ...(fewer < shape.app.replicas ? [set(`replicas ${fewer}`)] : []),
    "take a bigger host",
  ];
}

/** Replicas that a host has the memory for; not fewer than the strategy needs. */
function affordable(shape: StackShape, present: number): number {
  const withReplicas = (replicas: number) => releaseMemory({ ...shape, app: { ...shape.app, replicas } });
  const fewest = shape.release.strategy === "rolling" ? 2 : 1;
  const more = withReplicas(2) - withReplicas(1);
  return fewest + Math.max(0, Math.floor((present - withReplicas(fewest)) / more));
}
