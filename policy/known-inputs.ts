import { unknown } from "./shape.ts";

/**
 * A copy of what a policy is given, whose access to a value that is not known yet throws.
 * @param value a resource's properties, as @pulumi/policy hands them over
 */
export function knownInputs(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const inner = (key: string | number) => {
    try {
      return knownInputs((value as Readonly<Record<string | number, unknown>>)[key]);
    } catch {
      return unknown;
    }
  };
  if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => inner(index));
  return Object.fromEntries(Object.keys(value).map((key) => [key, inner(key)]));
}
