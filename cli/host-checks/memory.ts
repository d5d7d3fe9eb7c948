import { processesOf } from "../../stacks/app.ts";
import { fixOf } from "../../stacks/field.ts";
import type { StackConfig } from "../../stacks/stack-config.ts";
import type { Finding } from "./finding.ts";

const mebibyte = 2 ** 20;
/**
 * What one Node process of the application takes under load, in MiB: `docker stats` showed 69 to
 * 87.
 */
const processMib = 85;
/**
 * Docker's engine, Nginx, Certbot, Redis and the system beside the application and its database, in
 * MiB.
 */
const othersMib = 120;

/** Memory that a release needs while it replaces the one before, in MiB. */
export function releaseMemory({ app, database, release }: StackConfig): number {
  const serving = processesOf(app);
  // A replica with a port of the host is replaced by stopping the old one first, and so is every
  // one under `rolling`. What runs beside them then is the migration.
  const alone = app.appPort !== undefined || release.strategy === "rolling";
  const processes = alone ? serving + 1 : serving * 2;
  return processes * processMib + Math.ceil(database.databaseMemory / 4) + othersMib;
}

/**
 * Judges whether the host's memory is enough for a release.
 * @param bytes memory of the Docker host
 * @param config the stack's settings; undefined if they cannot be read yet
 */
export function memoryFinding(config: StackConfig | undefined, bytes: number, processors: number): Finding {
  const name = "Memory";
  const present = Math.floor(bytes / mebibyte);
  const text = `${present} MiB and ${processors} processors on the Docker host`;
  if (config === undefined) return { name, state: "ok", text };
  const needed = releaseMemory(config);
  if (present >= needed) return { name, state: "ok", text: `${text}; a release needs about ${needed} MiB` };
  const why = config.release.strategy === "rolling" ? "" : " while its replicas run beside those before";
  return {
    name,
    state: "problem",
    text: `the Docker host has ${present} MiB of memory, and a release needs about ${needed}${why}`,
    remedy: `Fix: ${fixes(config, present, needed).join(", or ")}`,
  };
}

function fixes(config: StackConfig, present: number, needed: number): string[] {
  const fix = fixOf(config.stack);
  const rolling = { ...config, release: { ...config.release, strategy: "rolling" as const } };
  const oneByOne = releaseMemory(rolling);
  const fewer = affordable(config, present);
  // It needs a second replica, and Nginx in front.
  const canRoll = config.edge !== undefined && config.app.replicas > 1;
  return [
    ...(canRoll && oneByOne <= present && oneByOne < needed
      ? [`${fix("set strategy rolling")}, which replaces one replica at a time and needs about ${oneByOne}`]
      : []),
    ...(fewer < config.app.replicas ? [fix(`set replicas ${fewer}`)] : []),
    "take a bigger host",
  ];
}

/** Replicas that a host has the memory for; not fewer than the strategy needs. */
function affordable(config: StackConfig, present: number): number {
  const withReplicas = (replicas: number) => releaseMemory({ ...config, app: { ...config.app, replicas } });
  const fewest = config.release.strategy === "rolling" ? 2 : 1;
  const more = withReplicas(2) - withReplicas(1);
  return fewest + Math.max(0, Math.floor((present - withReplicas(fewest)) / more));
}
