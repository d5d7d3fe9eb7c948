import type { UpdateReport } from "../pulumi/update-events.ts";
import { formatDuration } from "../terminal/duration.ts";
import { renderTable } from "../terminal/table.ts";
import type { StepTime } from "../terminal/steps.ts";
import type { PartAddress } from "../status/addresses.ts";
import { stackFlag } from "../settings/stack-flag.ts";

/** What `up` ends with. */
export interface UpSummary {
  readonly stack: string;
  /** `pulumi up` changes files under a running application: the source is mounted. */
  readonly hotReload: boolean;
  /** The stack is a proxy that others join, and has no application. */
  readonly sharedProxy: boolean;
  readonly addresses: readonly PartAddress[];
  readonly steps: readonly StepTime[];
  readonly report: UpdateReport;
  /** Seconds that `pulumi up` took. */
  readonly update: number;
  /** Seconds from the command's start. */
  readonly total: number;
}

/** Addresses, times and what to try next, after a deployment that succeeded. */
export function renderUpSummary(summary: UpSummary): string {
  const { stack, addresses } = summary;
  const where =
    addresses.length === 0
      ? "  Nothing of it is published on the Docker host."
      : indent(
          renderTable(
            [],
            addresses.map(({ part, address }) => [part, address]),
          ),
        );
  return [
    `Stack ${stack} is up (${formatDuration(summary.total)}).`,
    "",
    where,
    "",
    "Time:",
    indent(renderTable([], times(summary))),
    "",
    "Next:",
    indent(renderTable([], next(summary))),
  ].join("\n");
}

function times({ steps, update, report }: UpSummary): string[][] {
  const shown = [
    ...steps.map(({ title, seconds }) => [title, formatDuration(seconds)]),
    ["pulumi up", formatDuration(update)],
    // Parts overlap: Pulumi works on several at once.
    ...report.parts.map(({ name, seconds }) => [`  ${name}`, formatDuration(seconds)]),
  ];
  return shown;
}

function next({ stack, hotReload, sharedProxy }: UpSummary): string[][] {
  const flag = stackFlag(stack);
  if (sharedProxy) {
    return [
      [`pulumi config set proxy ${stack} --stack prod`, "have stack prod join it, at its next up"],
      [`npx berth status${flag}`, "what runs, and whether it is healthy"],
      [`npx berth down${flag}`, "take it down, once no stack is behind it"],
    ];
  }
  return [
    ...(hotReload ? [["edit app/src", "the running application follows within two seconds"]] : []),
    [`npx berth status${flag}`, "what runs, and whether it is healthy"],
    [`npx berth logs -f${flag}`, "what it says"],
    [`npx berth psql${flag}`, "a prompt in its database"],
    [`npx berth down${flag}`, "take it down; its data stays"],
  ];
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
