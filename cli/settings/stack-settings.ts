import { z } from "zod";
import { parseSettings, refusePlainSecrets, shapeOf } from "../../stacks/settings.ts";
import type { ShapeName, StackShape } from "../../stacks/shape.ts";
import { checkout } from "../checkout.ts";
import type { Pulumi } from "../pulumi/pulumi.ts";
import { readSettingsFile, type SettingsFile } from "./settings-file.ts";

/** Name of the Pulumi project, the namespace of its settings. */
export const project = "berth";

/** Options that every command on a stack has. */
export interface StackOptions {
  readonly stack: string;
  /** The generated passphrase may serve a prod stack as well. */
  readonly generatedPassphrase?: boolean;
}

/** A stack's settings before any tool is asked. */
export interface StackSettings {
  readonly file: SettingsFile;
  readonly shapeName: ShapeName;
  /** Undefined where some are encrypted: `readSecretSettings` reads those, once Pulumi is at hand. */
  readonly shape: StackShape | undefined;
}

/**
 * Reads and checks a stack's settings, all problems at once.
 * @throws SettingsError
 */
export function readStackSettings(stack: string): StackSettings {
  const { file, shapeName } = readStackKind(stack);
  if (file.secure.length === 0) return { file, shapeName, shape: parseSettings(stack, file.values) };
  refusePlainSecrets(stack, shapeName, file.values);
  return { file, shapeName, shape: undefined };
}

/**
 * What kind of stack it is, whatever is wrong with its other settings: they are mended with Pulumi, too.
 * @throws SettingsError for a stack of no known kind
 */
export function readStackKind(stack: string): Omit<StackSettings, "shape"> {
  const file = readSettingsFile(checkout.settingsFile(stack), project);
  return { file, shapeName: shapeOf(stack, file.values["shape"]) };
}

const configured = z.record(z.string(), z.object({ value: z.string().optional(), secret: z.boolean() }));

/**
 * The same for settings of which some are encrypted.
 * @throws SettingsError, which repeats no secret
 */
export async function readSecretSettings(pulumi: Pulumi, stack: string): Promise<StackShape> {
  const printed = await pulumi.run(["config", "--json", "--show-secrets", "--stack", stack]);
  const own = Object.entries(configured.parse(JSON.parse(printed))).flatMap(([key, entry]) =>
    key.startsWith(`${project}:`) ? [{ key: key.slice(project.length + 1), ...entry }] : [],
  );
  return parseSettings(
    stack,
    Object.fromEntries(own.map(({ key, value }) => [key, value ?? ""])),
    new Set(own.filter(({ secret }) => secret).map(({ key }) => key)),
  );
}
