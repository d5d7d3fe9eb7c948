import { z } from "zod";
import { violations, type Violation } from "../../policy/rules.ts";
import { unknown, type Shape } from "../../policy/shape.ts";
import { resourceName } from "../pulumi/deployment.ts";
import { unknownValue } from "./preview-steps.ts";

const side = z.object({
  type: z.string(),
  inputs: z.record(z.string(), z.unknown()).optional(),
  retainOnDelete: z.boolean().optional(),
});
const printed = z.object({
  steps: z.array(z.object({ op: z.string(), urn: z.string(), newState: side.optional() })).optional(),
});
const kept = z.object({
  deployment: z.object({
    resources: z.array(side.extend({ urn: z.string(), delete: z.boolean().optional() })).nullish(),
  }),
});

/** What `pulumi preview --json` says that there will be, judged by policy/. */
export function plannedViolations(json: string): Violation[] {
  const { steps = [] } = printed.parse(JSON.parse(json));
  return violations(
    steps.flatMap(({ newState, op, urn }) =>
      newState === undefined || op.startsWith("delete") ? [] : [shapeOf(urn, newState)],
    ),
  );
}

/** What `pulumi stack export` says that there is, judged by policy/. */
export function keptViolations(json: string): Violation[] {
  const resources = kept.parse(JSON.parse(json)).deployment.resources ?? [];
  return violations(
    resources.filter((one) => one.delete !== true).map((resource) => shapeOf(resource.urn, resource)),
  );
}

function shapeOf(urn: string, { inputs = {}, retainOnDelete, type }: z.output<typeof side>): Shape {
  return {
    type,
    name: resourceName(urn),
    inputs: marked(inputs) as Record<string, unknown>,
    // Both leave out what is false.
    retained: retainOnDelete === true,
  };
}

/** Puts a mark in place of what only the update will know. */
function marked(value: unknown): unknown {
  if (value === unknownValue) return unknown;
  if (Array.isArray(value)) return value.map(marked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, marked(inner)]));
}

/** Violations as people read them, a line each. */
export function renderViolations(found: readonly Violation[]): string {
  return found
    .map(({ level, resource, rule, what }) => `  - ${resource} ${what}. (${level}: ${rule})`)
    .join("\n");
}

/** A violation as a note of a preview's report. */
export function policyNote({ level, resource, rule, what }: Violation) {
  return {
    severity: level === "mandatory" ? ("error" as const) : ("warning" as const),
    text: `policy/ (${rule}): ${resource} ${what}.`,
  };
}
