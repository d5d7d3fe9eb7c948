import { readdirSync } from "node:fs";
import { z } from "zod";
import { parseProjectSettings, projectProblems } from "../../stacks/own-settings.ts";
import { kindOf, refusePlainSecrets, SettingsError } from "../../stacks/parse.ts";
import { stackKinds, type StackKind, type StackConfig } from "../../stacks/stack-config.ts";
import { checkout } from "../checkout.ts";
import type { Pulumi } from "../pulumi/pulumi.ts";
import { projectName } from "./project.ts";
import { readSettingsFile, type SettingsFile } from "./settings-file.ts";

/** Options that every command on a stack has. */
export interface StackOptions {
  readonly stack: string;
  /** The generated passphrase may serve a prod stack as well. */
  readonly generatedPassphrase?: boolean;
  /** Makes the stack if there is none. Default: that is refused. */
  readonly makes?: boolean;
}

/** A stack's settings before any tool is asked. */
export interface StackSettings {
  readonly file: SettingsFile;
  readonly kind: StackKind;
  /**
   * Undefined where some are encrypted: `readSecretSettings` reads those, once Pulumi is at hand.
   */
  readonly config: StackConfig | undefined;
}

/**
 * Reads and checks a stack's settings, all problems at once.
 * @throws SettingsError
 */
export function readStackSettings(stack: string): StackSettings {
  const { file, kind } = readStackKind(stack);
  const project = projectName();
  const entries = Object.entries(file.values).map(([name, value]) => [`${project}:${name}`, value] as const);
  if (file.secure.length === 0) {
    return { file, kind, config: parseProjectSettings(project, stack, entries, []) };
  }
  refusePlainSecrets(stack, kind, [...Object.keys(file.values), ...file.partlyPlain]);
  return { file, kind, config: undefined };
}

/**
 * What kind of stack it is, whatever is wrong with its other settings: they are mended with Pulumi,
 * too.
 * @throws SettingsError for a stack of no known kind
 */
export function readStackKind(stack: string): Omit<StackSettings, "config"> {
  const project = projectName();
  const file = readSettingsFile(checkout.settingsFile(stack), project);
  const problems = projectProblems(project, stack, file.keys);
  if (problems.length > 0) throw new SettingsError(stack, problems);
  return { file, kind: kindOfFile(stack, file) };
}

/**
 * The kind of the stack that a settings file is for.
 * @throws SettingsError if there is none, which names the stacks that have settings
 */
export function kindOfFile(stack: string, { values }: Pick<SettingsFile, "values">): StackKind {
  const named = readdirSync(checkout.root).map((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? "");
  const others = named.filter(
    (name) => name !== "" && name !== stack && !(stackKinds as readonly string[]).includes(name),
  );
  return kindOf(stack, values["shape"], others);
}

const configured = z.record(z.string(), z.object({ value: z.string().optional(), secret: z.boolean() }));

/**
 * The same for settings of which some are encrypted.
 * @throws SettingsError, which repeats no secret
 */
export async function readSecretSettings(pulumi: Pulumi, stack: string): Promise<StackConfig> {
  const printed = await pulumi.run(["config", "--json", "--show-secrets", "--stack", stack]);
  const all = Object.entries(configured.parse(JSON.parse(printed)));
  return parseProjectSettings(
    projectName(),
    stack,
    all.map(([key, { value }]) => [key, value ?? ""] as const),
    all.filter(([, { secret }]) => secret).map(([key]) => key),
  );
}
