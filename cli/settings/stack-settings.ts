import { z } from "zod";
import { parseSettings, refusePlainSecrets, kindOf } from "../../stacks/parse.ts";
import type { StackKind, StackConfig } from "../../stacks/stack-config.ts";
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
  readonly kind: StackKind;
  /** Undefined where some are encrypted: `readSecretSettings` reads those, once Pulumi is at hand. */
  readonly config: StackConfig | undefined;
}

/**
 * Reads and checks a stack's settings, all problems at once.
 * @throws SettingsError
 */
export function readStackSettings(stack: string): StackSettings {
  const { file, kind } = readStackKind(stack);
  if (file.secure.length === 0) return { file, kind, config: parseSettings(stack, file.values) };
  refusePlainSecrets(stack, kind, file.values);
  return { file, kind, config: undefined };
}

/**
 * What kind of stack it is, whatever is wrong with its other settings: they are mended with Pulumi, too.
 * @throws SettingsError for a stack of no known kind
 */
export function readStackKind(stack: string): Omit<StackSettings, "config"> {
  const file = readSettingsFile(checkout.settingsFile(stack), project);
  return { file, kind: kindOf(stack, file.values["shape"]) };
}

const configured = z.record(z.string(), z.object({ value: z.string().optional(), secret: z.boolean() }));

/**
 * The same for settings of which some are encrypted.
 * @throws SettingsError, which repeats no secret
 */
export async function readSecretSettings(pulumi: Pulumi, stack: string): Promise<StackConfig> {
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
