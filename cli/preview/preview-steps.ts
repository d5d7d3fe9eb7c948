import { z } from "zod";
import { resourceName } from "../pulumi/deployment.ts";
import { partOf } from "../pulumi/update-events.ts";

/** What Pulumi prints in place of a value that only the update will know. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const inputs = z.record(z.string(), z.unknown());
const side = z.object({
  type: z.string(),
  inputs: inputs.optional(),
  retainOnDelete: z.boolean().optional(),
});
const step = z.object({
  op: z.string(),
  urn: z.string(),
  oldState: side.optional(),
  newState: side.optional(),
  detailedDiff: z.record(z.string(), z.unknown()).nullish(),
});
const printed = z.object({
  steps: z.array(step).optional(),
  diagnostics: z.array(z.object({ severity: z.string(), message: z.string().optional() })).optional(),
});

type Inputs = Readonly<Record<string, unknown>>;

/** A resource that an update would touch. */
export interface PlannedChange {
  /** As Pulumi calls it: create, update, replace, delete, … */
  readonly op: string;
  /** Name in the program. */
  readonly resource: string;
  /** Component that it belongs to; undefined for what belongs to none. */
  readonly component: string | undefined;
  /** Pulumi's type. */
  readonly type: string;
  /** Paths of the properties that differ, such as `environment.SET`. */
  readonly differs: readonly string[];
  readonly before: Inputs;
  readonly after: Inputs;
  /** Stays on the engine when it is deleted. */
  readonly kept: boolean;
}

/** What a preview says, before it is judged. */
export interface Plan {
  readonly changes: readonly PlannedChange[];
  /** Components that there are, changed or not. */
  readonly components: ReadonlySet<string>;
  /** What the program said, warned about and refused. */
  readonly notes: readonly { readonly severity: "info" | "warning" | "error"; readonly text: string }[];
}

/** That of settings which were refused before anything was compared. */
export const noPlan: Plan = { changes: [], components: new Set(), notes: [] };

/** Reads what `pulumi preview --json` prints, in which secrets are masked. */
export function readPlan(json: string): Plan {
  const { steps = [], diagnostics = [] } = printed.parse(JSON.parse(json));
  return {
    changes: steps.filter(({ op }) => !["same", "read", "refresh"].includes(op)).map(planned),
    components: new Set(steps.filter(({ op }) => op !== "delete").flatMap(({ urn }) => partOf(urn) ?? [])),
    notes: diagnostics.flatMap(({ severity, message = "" }) =>
      severity === "info" || severity === "warning" || severity === "error"
        ? [{ severity, text: message.replace(/^(?:warning|error): /, "").trim() }]
        : [],
    ),
  };
}

function planned({ op, urn, oldState, newState, detailedDiff }: z.output<typeof step>): PlannedChange {
  return {
    op,
    resource: resourceName(urn),
    component: partOf(urn),
    type: (newState ?? oldState)?.type ?? "",
    differs: Object.keys(detailedDiff ?? {}),
    before: oldState?.inputs ?? {},
    after: newState?.inputs ?? {},
    kept: op === "delete" && oldState?.retainOnDelete === true,
  };
}

/** Whether a value is known before the update. */
export function isKnown(value: unknown): boolean {
  return !JSON.stringify(value ?? null).includes(unknownValue);
}
