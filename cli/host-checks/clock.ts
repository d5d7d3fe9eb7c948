import { formatDuration } from "../terminal/duration.ts";
import type { Finding } from "./finding.ts";

/** Two seconds of difference are what a slow answer makes of equal clocks. */
const slackS = 5;

/** The clocks that certificates, migrations and recovery go by. */
export interface Clocks {
  readonly here: Date;
  /** The engine's clock; undefined if it was not asked. */
  readonly docker: Date | undefined;
  /** When the newest known file of the checkout was written. */
  readonly newestFile: Date;
}

/** Compares this machine's clock with the engine's, and with the newest file of the checkout. */
export function clockFinding({ here, docker, newestFile }: Clocks): Finding {
  const name = "Clock";
  const remedy = "Set the clock, or have it synchronised: sudo timedatectl set-ntp true";
  const behind = (newestFile.getTime() - here.getTime()) / 1000;
  if (behind > slackS) {
    const text = `${formatDuration(behind)} behind the files of this checkout`;
    return { name, state: "problem", text, remedy };
  }
  if (docker === undefined) return { name, state: "ok", text: here.toISOString() };
  const apart = Math.abs(docker.getTime() - here.getTime()) / 1000;
  if (apart <= slackS) return { name, state: "ok", text: `${here.toISOString()}, the engine's is the same` };
  return { name, state: "problem", text: `${formatDuration(apart)} apart from the engine's`, remedy };
}
