import type { Container } from "../../system/container.ts";

/**
 * Whether a container is neither healthy nor done: unhealthy, out of service, restarting, or ended
 * with an error.
 */
export function isUnhealthy({ status, health, exitCode, outOfService }: Container): boolean {
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
