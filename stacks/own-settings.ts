import { kinds } from "./kinds.ts";
import { parseSettings, SettingsError } from "./parse.ts";
import type { StackConfig } from "./stack-config.ts";
import { containerNameProblems, projectNameProblems } from "./stack-name.ts";

/** A stack's settings as Pulumi's configuration holds them, of every namespace. */
type Entries = readonly (readonly [key: string, value: string])[];

const everySetting = new Set(["shape", ...Object.values(kinds).flatMap(({ fields }) => Object.keys(fields))]);

/** Settings of the project's namespace, without it. */
export function ownSettings(project: string, entries: Entries): Record<string, string> {
  const prefix = `${project}:`;
  return Object.fromEntries(
    entries.flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [])),
  );
}

/**
 * What does not fit between a project's name and a stack: Pulumi keeps settings under the project's
 * name, so those of a renamed project would be read as none, and a stack would come up with every
 * default.
 * @param keys of every setting, with their namespaces
 */
export function projectProblems(project: string, stack: string, keys: readonly string[]): string[] {
  const others = keys.flatMap((key) => {
    const [namespace = "", name = ""] = key.split(":");
    // `pulumi:` and `docker:` are the engine's and the provider's.
    const strange = namespace !== project && !["pulumi", "docker"].includes(namespace);
    return strange && everySetting.has(name) ? [{ key, name, namespace }] : [];
  });
  return [
    ...projectNameProblems(project),
    ...others.map(
      ({ key, name, namespace }) =>
        `${key}: is a setting of project ${namespace}, and this project is ${project} (Pulumi.yaml). ` +
        `Fix: write it as ${project}:${name} in Pulumi.${stack}.yaml, or name: ${namespace} in Pulumi.yaml if the project was renamed`,
    ),
  ];
}

/**
 * Turns the settings of a stack of a project into its configuration.
 * @param entries settings of every namespace, as Pulumi stores them
 * @param secretKeys keys, namespace included, that are encrypted as a whole
 * @throws SettingsError naming every problem at once
 */
export function parseProjectSettings(
  project: string,
  stack: string,
  entries: Entries,
  secretKeys: readonly string[],
): StackConfig {
  const problems = projectProblems(
    project,
    stack,
    entries.map(([key]) => key),
  );
  if (problems.length > 0) throw new SettingsError(stack, problems);
  const secret = ownSettings(
    project,
    secretKeys.map((key) => [key, ""] as const),
  );
  const config = parseSettings(stack, ownSettings(project, entries), new Set(Object.keys(secret)));
  const tooLong = config.edge === undefined ? [] : containerNameProblems(project, stack);
  if (tooLong.length > 0) throw new SettingsError(stack, tooLong);
  return config;
}
