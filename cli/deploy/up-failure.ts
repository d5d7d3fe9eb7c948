import type { Container } from "../../system/container.ts";
import { formatDuration } from "../terminal/duration.ts";

/** A container that does not do what it should, with the end of its log. */
export interface AilingContainer {
  readonly container: Container;
  readonly log: string;
}

/** What is known after a deployment that failed. */
export interface UpFailure {
  readonly stack: string;
  /** Resources whose operation failed. */
  readonly failed: readonly string[];
  readonly ailing: readonly AilingContainer[];
  /** Application and proxy containers that serve now. */
  readonly serving: readonly Container[];
  readonly total: number;
}

/** Containers that are neither well nor done: unhealthy, out of service, restarting, or ended with an error. */
export function isAiling({ status, health, exitCode, outOfService }: Container): boolean {
  if (status === "exited" || status === "dead") return exitCode !== 0;
  return status !== "running" || outOfService === true || (health !== undefined && health !== "healthy");
}

/** `unhealthy`, `out of service`, `exited with code 1`, … */
export function conditionOf({ status, health, exitCode, outOfService }: Container): string {
  if (status === "exited" || status === "dead")
    return exitCode === 0 ? "done" : `exited with code ${exitCode}`;
  if (status !== "running") return status;
  if (outOfService === true && health === "healthy") return "out of service";
  return health ?? "running";
}

/** What failed, what still serves, and what to do next. */
export function renderUpFailure({ stack, failed, ailing, serving, total }: UpFailure): string {
  const flag = stack === "dev" ? "" : ` --stack ${stack}`;
  const at = failed.length === 0 ? "" : ` at ${failed.join(", ")}`;
  return [
    `up of stack ${stack} failed${at} after ${formatDuration(total)}; what Pulumi says about it is above.`,
    ...ailing.flatMap(({ container, log }) => [
      "",
      `Container ${container.name} (${container.part}) is ${conditionOf(container)}; its last lines:`,
      log.trim() === "" ? "  (it wrote nothing)" : log.trimEnd().replaceAll(/^/gm, "  | "),
    ]),
    "",
    serving.length === 0
      ? "Nothing of the application serves now."
      : `Still serving: ${serving.map(({ name, release }) => (release === undefined ? name : `${name} (release ${release})`)).join(", ")}.`,
    `Next: mend what is above and run npx berth up${flag} again; npx berth logs${flag} shows more. Data is untouched.`,
  ].join("\n");
}
