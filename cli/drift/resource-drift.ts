import { z } from "zod";
import { resourceName } from "../pulumi/deployment.ts";
import type { Drift } from "./drift.ts";

const side = z.object({ id: z.string().optional(), outputs: z.record(z.string(), z.unknown()).optional() });
const refreshed = z.object({
  steps: z
    .array(
      z.object({
        op: z.string(),
        urn: z.string(),
        oldState: side.optional(),
        newState: side.optional(),
        detailedDiff: z.record(z.string(), z.unknown()).nullish(),
      }),
    )
    .optional(),
});

type Step = NonNullable<z.output<typeof refreshed>["steps"]>[number];

/** Numbers that are told, and what they count; other values may be secret. */
const told: Readonly<Record<string, string>> = { memory: " MiB", shmSize: " MiB", cpus: "" };

/** What Pulumi's property of a running container says of one that has stopped. */
const stopped = "mustRun";

/**
 * Reads what `pulumi refresh --preview-only --json` prints: what differs from the state on the
 * engine.
 * @param ends since when stopped containers are, by id, as words
 */
export function resourceDrift(json: string, stack: string, ends: ReadonlyMap<string, string>): Drift[] {
  const fix = `npx berth up --refresh --stack ${stack}`;
  const { steps = [] } = refreshed.parse(JSON.parse(json));
  return steps.flatMap((step) => {
    const what = `${kindOf(step.urn)} ${resourceName(step.urn)}`;
    if (step.op === "delete") return [{ what, how: "is gone", fix }];
    return step.op === "update" ? differences(step, ends).map((how) => ({ what, how, fix })) : [];
  });
}

/** `…$docker:index/container:Container::app-1` → `container` */
function kindOf(urn: string): string {
  const types = urn.split("::")[2] ?? "";
  return types.slice(types.lastIndexOf(":") + 1).toLowerCase();
}

function differences(
  { detailedDiff, newState, oldState }: Step,
  ends: ReadonlyMap<string, string>,
): string[] {
  const names = [...new Set(Object.keys(detailedDiff ?? {}).map((path) => path.split(/[.[]/)[0] ?? path))];
  if (names.includes(stopped)) return [`is stopped${ends.get(oldState?.id ?? "") ?? ""}`];
  return names
    .filter((name) => name !== "memorySwap")
    .map((name) => {
      const unit = told[name];
      const [is, was] = [newState?.outputs?.[name], oldState?.outputs?.[name]];
      return unit === undefined
        ? `has another ${name}`
        : `has ${name} ${String(is)}${unit} instead of ${String(was)}${unit}`;
    });
}
