import { parse } from "yaml";

type Mapping = Readonly<Record<string, unknown>>;

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function leaves(value: unknown): boolean[] {
  if (Array.isArray(value)) return value.flatMap(leaves);
  if (!isMapping(value)) return [false];
  if ("secure" in value) return [true];
  return Object.values(value).flatMap(leaves);
}

/** Whether some part of a setting's value is encrypted. */
export function holdsSecure(value: unknown): boolean {
  return leaves(value).includes(true);
}

/**
 * Settings of which one part is encrypted and another lies in the file for everybody to read.
 * Pulumi calls such a setting a secret as a whole.
 * @param text of `Pulumi.<stack>.yaml`
 * @returns keys with their namespaces
 */
export function partlyPlain(text: string): string[] {
  const content: unknown = parse(text, { schema: "failsafe" });
  const config = isMapping(content) && isMapping(content["config"]) ? content["config"] : {};
  return Object.entries(config)
    .filter(([, value]) => holdsSecure(value) && leaves(value).includes(false))
    .map(([key]) => key);
}
