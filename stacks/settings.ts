import { z } from "zod";
import { basic } from "./basic.ts";
import { connectionProblems } from "./connections.ts";
import type { ShapeDefinition } from "./define-shape.ts";
import { dev } from "./dev.ts";
import { nearest } from "./nearest.ts";
import { prod } from "./prod.ts";
import { isSecretField, plainSecretProblems } from "./secret-field.ts";
import type { ShapeName, StackShape } from "./shape.ts";

export const shapeNames = ["dev", "basic", "prod"] as const satisfies readonly ShapeName[];

/** The shapes by name; `docs/settings.md` is checked against their fields. */
export const definitions: Readonly<Record<ShapeName, ShapeDefinition>> = { dev, basic, prod };

interface Given {
  readonly values: Readonly<Record<string, string>>;
  readonly secretKeys: ReadonlySet<string>;
}

/** Settings that cannot be used. `problems` holds one line each, with the setting's name and the fix. */
export class SettingsError extends Error {
  readonly problems: readonly string[];
  constructor(stack: string, problems: readonly string[]) {
    super(
      `The settings of stack ${stack} cannot be used; nothing was changed.\n${problems.map((p) => `  - ${p}`).join("\n")}`,
    );
    this.name = "SettingsError";
    this.problems = problems;
  }
}

function isShapeName(name: string): name is ShapeName {
  return (shapeNames as readonly string[]).includes(name);
}

/**
 * The shape of a stack: its name for `dev`, `basic` and `prod`, else the setting `shape`.
 * @throws SettingsError when there is none, or when the two contradict each other
 */
export function shapeOf(stack: string, shape: string | undefined): ShapeName {
  const known = shapeNames.join(", ");
  if (shape !== undefined && !isShapeName(shape)) {
    throw new SettingsError(stack, [
      `shape: one of ${known} is expected, not "${shape}". Fix: pulumi config set shape ${nearest(shape, shapeNames) ?? "prod"} --stack ${stack}`,
    ]);
  }
  if (isShapeName(stack)) {
    if (shape !== undefined && shape !== stack) {
      throw new SettingsError(stack, [
        `shape: these are the settings of a ${shape} stack, and this stack is ${stack}. Fix: give ${stack} its own Pulumi.${stack}.yaml, or name the stack something else`,
      ]);
    }
    return stack;
  }
  if (shape === undefined) {
    const meant = nearest(stack, shapeNames);
    throw new SettingsError(stack, [
      `stack ${stack} is none of ${known}${meant === undefined ? "" : `; did you mean ${meant}?`} Fix: use one of these names, or say what kind it is: pulumi config set shape prod --stack ${stack}`,
    ]);
  }
  return shape;
}

function unknownSetting(stack: string, shape: ShapeName, key: string): string {
  const remove = `pulumi config rm ${key} --stack ${stack}`;
  const owners = shapeNames.filter((other) => other !== shape && key in definitions[other].fields);
  if (owners.length > 0)
    return `${key}: belongs to ${owners.join(" and ")} stacks, and this is a ${shape} stack. Fix: ${remove}`;
  const meant = nearest(key, Object.keys(definitions[shape].fields));
  return `${key}: there is no such setting${meant === undefined ? "" : `; did you mean ${meant}?`} Fix: ${remove}`;
}

function isSecret(shape: ShapeName, key: string, { secretKeys }: Given): boolean {
  return secretKeys.has(key) || isSecretField(definitions[shape].fields[key]);
}

function describe(stack: string, shape: ShapeName, given: Given, issue: z.core.$ZodIssue): string[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownSetting(stack, shape, key));
  const key = issue.path.join(".");
  const fix = `Fix: pulumi config set ${key} VALUE --stack ${stack}`;
  const value = given.values[key];
  if (value === undefined) return [`${key}: is missing. ${fix}`];
  return [
    `${key}: expected ${issue.message}, got ${isSecret(shape, key, given) ? "another secret" : `"${value}"`}. ${fix}`,
  ];
}

/** Secrets that lie in the settings file for everybody to read. */
function plainSecrets(stack: string, shape: ShapeName, { values, secretKeys }: Given): string[] {
  return plainSecretProblems(stack, definitions[shape].fields, values, secretKeys);
}

/**
 * Looks for secrets among the settings that are not encrypted, where the others cannot be read yet.
 * @throws SettingsError naming every one
 */
export function refusePlainSecrets(
  stack: string,
  shape: ShapeName,
  values: Readonly<Record<string, string>>,
): void {
  const problems = plainSecrets(stack, shape, { values, secretKeys: new Set() });
  if (problems.length > 0) throw new SettingsError(stack, problems);
}

function parseAs(stack: string, shape: ShapeName, given: Given) {
  try {
    return definitions[shape].parse(stack, given.values);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new SettingsError(stack, [
      ...error.issues.flatMap((issue) => describe(stack, shape, given, issue)),
      ...plainSecrets(stack, shape, given),
    ]);
  }
}

function portClashes(shape: StackShape): string[] {
  return shape.published.flatMap((port, index) =>
    shape.published
      .slice(0, index)
      .filter((other) => other.port === port.port)
      .map(
        (other) =>
          `${port.setting}: port ${port.port} is already ${other.setting}'s. Fix: pulumi config set ${port.setting} PORT --stack ${shape.stack}`,
      ),
  );
}

/**
 * Turns a stack's configuration into its shape.
 * @param stack name of the Pulumi stack
 * @param raw settings of the `berth` namespace, without the namespace, as Pulumi stores them: strings
 * @param secretKeys settings whose values must not be repeated in a message
 * @throws SettingsError naming every problem at once
 */
export function parseSettings(
  stack: string,
  raw: Readonly<Record<string, string>>,
  secretKeys: ReadonlySet<string> = new Set(),
): StackShape {
  const { shape: given, ...values } = raw;
  const name = shapeOf(stack, given);
  const { shape, problems: own } = parseAs(stack, name, { values, secretKeys });
  const problems = [
    ...own,
    ...portClashes(shape),
    ...connectionProblems(shape),
    ...plainSecrets(stack, name, { values, secretKeys }),
  ];
  if (problems.length > 0) throw new SettingsError(stack, problems);
  return shape;
}
