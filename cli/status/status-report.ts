import type { Container } from "../../system/container.ts";
import { formatDuration } from "../terminal/duration.ts";
import { renderTable } from "../terminal/table.ts";
import { addressesOf } from "./addresses.ts";
import { conditionOf, isUnhealthy } from "../docker/container-condition.ts";
import { stackFlag } from "../settings/stack-flag.ts";

/** One container, as `status --json` prints it. */
export interface PartStatus {
  readonly part: string;
  readonly container: string;
  readonly id: string;
  /**
   * running, healthy, starting, unhealthy, `out of service`, done, `exited with code N`, or
   * Docker's own word.
   */
  readonly condition: string;
  readonly healthy: boolean;
  readonly release: string | null;
  readonly image: string;
  /** ISO 8601; null for a container that does not run. */
  readonly started: string | null;
  readonly uptimeSeconds: number | null;
  readonly addresses: readonly string[];
}

/** The state of a stack on its engine. */
export interface StatusReport {
  readonly stack: string;
  /** Everything that ought to run runs and is healthy. */
  readonly healthy: boolean;
  readonly parts: readonly PartStatus[];
}

/**
 * Sums up a stack's containers.
 * @param engine address of the engine, if it is not this machine's own
 */
export function reportStatus(
  stack: string,
  containers: readonly Container[],
  now: Date,
  engine: string | undefined,
): StatusReport {
  const parts = containers.map((container): PartStatus => {
    const running = container.status === "running";
    return {
      part: container.part,
      container: container.name,
      id: container.id,
      condition: conditionOf(container),
      healthy: !isUnhealthy(container),
      release: container.release ?? null,
      image: container.image,
      started: running ? container.started.toISOString() : null,
      uptimeSeconds: running
        ? Math.max(0, Math.round((now.getTime() - container.started.getTime()) / 1000))
        : null,
      addresses: addressesOf(container, containers, engine),
    };
  });
  const someRun = parts.some(({ started }) => started !== null);
  return { stack, healthy: someRun && parts.every(({ healthy }) => healthy), parts };
}

/** The report for people. */
export function renderStatus({ stack, parts }: StatusReport): string {
  if (parts.length === 0) {
    return `Nothing of stack ${stack} runs. Start it: npx berth up${stackFlag(stack)}`;
  }
  return renderTable(
    ["PART", "CONDITION", "UP FOR", "RELEASE", "CONTAINER", "ADDRESSES"],
    parts.map((part) => [
      part.part,
      part.condition,
      part.uptimeSeconds === null ? "-" : formatDuration(part.uptimeSeconds),
      part.release ?? "-",
      part.container,
      part.addresses.length === 0 ? "-" : part.addresses.join(" "),
    ]),
  );
}
