import type { Container } from "../../system/container.ts";
import { formatDuration } from "../terminal/duration.ts";
import { stackFlag } from "../settings/stack-flag.ts";
import { conditionOf } from "../docker/container-condition.ts";

/** An unhealthy container, with the end of its log. */
export interface UnhealthyContainer {
  readonly container: Container;
  readonly log: string;
}

/** What is known after a deployment that failed. */
export interface UpFailure {
  readonly stack: string;
  /** Resources whose operation failed. */
  readonly failed: readonly string[];
  readonly unhealthy: readonly UnhealthyContainer[];
  /** The end of the output of the image's build, if that failed. */
  readonly build?: string | undefined;
  /** Application and proxy containers that serve now. */
  readonly serving: readonly Container[];
  readonly total: number;
}

/** What failed, what still serves, and what to do next. */
export function renderUpFailure({ stack, failed, unhealthy, build = "", serving, total }: UpFailure): string {
  const flag = stackFlag(stack);
  const at = failed.length === 0 ? "" : ` at ${failed.join(", ")}`;
  return [
    `up of stack ${stack} failed${at} after ${formatDuration(total)}; what Pulumi says about it is above.`,
    ...(build === ""
      ? []
      : ["", "The end of the output of the image's build:", build.replaceAll(/^/gm, "  | ")]),
    ...unhealthy.flatMap(({ container, log }) => [
      "",
      `Container ${container.name} (${container.part}) is ${conditionOf(container)}; its last lines:`,
      log.trim() === "" ? "  (it wrote nothing)" : log.trimEnd().replaceAll(/^/gm, "  | "),
    ]),
    "",
    serving.length === 0
      ? "Nothing of the application serves now."
      : `Still serving: ${serving.map(({ name, release }) => (release === undefined ? name : `${name} (release ${release})`)).join(", ")}.`,
    ...(failed.includes("migration-up")
      ? [
          `Migrations are one transaction each, so earlier ones of this release may be applied. Back to the moment before them: npx berth restore --to before:last${flag}`,
        ]
      : []),
    `Next: mend what is above and run npx berth up${flag} again; npx berth logs${flag} shows more. Data is untouched.`,
  ].join("\n");
}
