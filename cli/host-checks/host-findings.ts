import { formatDuration } from "../terminal/duration.ts";
import type { Finding } from "./finding.ts";

/** Two seconds of difference are what a slow answer makes of equal clocks. */
const CLOCK_SLACK_S = 5;
const GIB = 2 ** 30;
/** A stack's limits add up to about this: application, database, and the engine beside them. */
const MEMORY_GIB = 1;

/**
 * Compares this machine's clock with the engine's, and with the newest file of the checkout: certificates, migrations
 * and recovery go by the clock.
 * @param engine the engine's clock; undefined where none answers
 * @param newest when the checkout's newest known file was written
 */
export function clockFinding(now: Date, engine: Date | undefined, newest: Date): Finding {
  const name = "Clock";
  const remedy = "Set the clock, or let it be kept: sudo timedatectl set-ntp true";
  const behind = (newest.getTime() - now.getTime()) / 1000;
  if (behind > CLOCK_SLACK_S) {
    return {
      name,
      state: "problem",
      text: `${formatDuration(behind)} behind the files of this checkout`,
      remedy,
    };
  }
  if (engine === undefined) return { name, state: "ok", text: now.toISOString() };
  const apart = Math.abs(engine.getTime() - now.getTime()) / 1000;
  if (apart <= CLOCK_SLACK_S)
    return { name, state: "ok", text: `${now.toISOString()}, the engine's is the same` };
  return { name, state: "problem", text: `${formatDuration(apart)} apart from the engine's`, remedy };
}

/** @param bytes memory of the Docker host */
export function memoryFinding(bytes: number, processors: number): Finding {
  const name = "Memory";
  const text = `${(bytes / GIB).toFixed(1)} GiB and ${processors} processors on the Docker host`;
  // The kernel keeps a part of what the machine has.
  if (bytes >= MEMORY_GIB * GIB * 0.9) return { name, state: "ok", text };
  return {
    name,
    state: "warning",
    text,
    remedy: "Less than 1 GiB: lower the settings appMemory and databaseMemory, or take a bigger host.",
  };
}

/** @param free bytes; undefined where nobody knows */
export function diskFinding(free: number | undefined, folder: string, problems: readonly string[]): Finding {
  const name = "Disk";
  if (free === undefined)
    return { name, state: "ok", text: `${folder}: how much is free shows once a container runs` };
  const text = `${(free / GIB).toFixed(1)} GiB free in ${folder}`;
  const [problem] = problems;
  return problem === undefined
    ? { name, state: "ok", text }
    : { name, state: "problem", text, remedy: problem };
}
