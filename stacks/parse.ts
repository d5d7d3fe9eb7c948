import { z } from "zod";
import { alertProblems } from "./alerts.ts";
import { backupProblems } from "./backups.ts";
import { bucketFields, bucketProblems } from "./bucket.ts";
import { connectionProblems } from "./database.ts";
import { dockerHostProblems, type DockerEnvironment } from "./docker-host.ts";
import { edgeProblems, exposureProblems } from "./edge-problems.ts";
import { fixOf, reader, secretPath, withoutCredentials, type Fix, type Read } from "./field.ts";
import { kinds } from "./kinds.ts";
import { mailFields, mailProblems } from "./mail.ts";
import { nearest } from "./nearest.ts";
import { basicReachProblems, edgeReachProblems } from "./reach.ts";
import { commandedProblems, withCommanded, type GivenSettings } from "./secrets-from.ts";
import { stackNameProblems } from "./stack-name.ts";
import { registryFields, registryProblems } from "./registry.ts";
import { releaseProblems } from "./release.ts";
import { publishedPorts, stackKinds, type StackConfig, type StackKind } from "./stack-config.ts";

/**
 * Settings that cannot be used. `problems` holds one line each, with the setting's name and the
 * fix.
 */
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

function isKind(name: string): name is StackKind {
  return (stackKinds as readonly string[]).includes(name);
}

/**
 * The kind of a stack: its name for `dev`, `basic` and `prod`, else the setting `shape`.
 * @param others stacks that may have been meant, beside the three
 * @throws SettingsError when there is none, or when the two contradict each other
 */
export function kindOf(stack: string, shape: string | undefined, others: readonly string[] = []): StackKind {
  const fix = fixOf(stack);
  const known = stackKinds.join(", ");
  const misnamed = stackNameProblems(stack);
  if (misnamed.length > 0) throw new SettingsError(stack, misnamed);
  if (shape !== undefined && !isKind(shape)) {
    throw new SettingsError(stack, [
      `shape: one of ${known} is expected, not "${shape}". Fix: ${fix(`set shape ${nearest(shape, stackKinds) ?? "prod"}`)}`,
    ]);
  }
  if (isKind(stack)) {
    if (shape !== undefined && shape !== stack) {
      throw new SettingsError(stack, [
        `shape: these are the settings of a ${shape} stack, and this stack is ${stack}. Fix: give ${stack} its own Pulumi.${stack}.yaml, or name the stack something else`,
      ]);
    }
    return stack;
  }
  if (shape === undefined) {
    const meant = nearest(stack, [...stackKinds, ...others]);
    throw new SettingsError(stack, [
      `stack ${stack} is none of ${[known, ...others].join(", ")}${meant === undefined ? "" : `; did you mean ${meant}?`} Fix: use one of these names, or say what kind it is: ${fix("set shape prod")}`,
    ]);
  }
  return shape;
}

/** Settings by the names that they had before. */
const renamed: Readonly<Record<string, string>> = { workers: "processes", edgeAddress: "proxyAddress" };

function unknownSetting(kind: StackKind, key: string, { values }: GivenSettings, fix: Fix): string {
  const remove = fix(`rm ${key}`);
  const present = renamed[key];
  if (present !== undefined && present in kinds[kind].fields) {
    return `${key}: is called ${present} now. Fix: ${fix(`set ${present} ${values[key] ?? "VALUE"}`)}, and ${remove}`;
  }
  const owners = stackKinds.filter((other) => other !== kind && (present ?? key) in kinds[other].fields);
  if (owners.length > 0)
    return `${key}: belongs to ${owners.join(" and ")} stacks, and this is a ${kind} stack. Fix: ${remove}`;
  const meant = nearest(key, Object.keys(kinds[kind].fields));
  return `${key}: there is no such setting${meant === undefined ? "" : `; did you mean ${meant}?`} Fix: ${remove}`;
}

function illTyped(kind: StackKind, issue: z.core.$ZodIssue, given: GivenSettings, fix: Fix): string {
  const key = String(issue.path[0]);
  const field = kinds[kind].fields[key];
  const path = secretPath(key, field);
  const isSecret = path !== undefined || given.secretKeys.has(key);
  const change = isSecret
    ? `set --secret ${path ?? key}`
    : `set ${["env", "secretsFrom"].includes(key) ? `--path ${key}.NAME` : key}${fromFile(field) === "" ? " VALUE" : ""}`;
  const got = isSecret ? "another secret" : `"${withoutCredentials(abbreviated(given.values[key] ?? ""))}"`;
  return `${key}: expected ${issue.message}, got ${got}. Fix: ${fix(change)}${fromFile(field)}`;
}

/** The first line of a value: a certificate has many. */
function abbreviated(value: string): string {
  const [first = "", ...more] = value.trim().split("\n");
  return more.length === 0 ? first : `${first}…`;
}

/** How a setting is given that comes from a file; empty for others. */
function fromFile(field: z.ZodType | undefined): string {
  const { example } = z.object({ example: z.string().optional() }).parse(field?.meta() ?? {});
  return example?.startsWith("< ") === true ? ` ${example}` : "";
}

/** Settings that are wrong by themselves. */
function fieldProblems(kind: StackKind, given: GivenSettings, fix: Fix): string[] {
  const { error } = z.strictObject(kinds[kind].fields).safeParse(given.values);
  return (error?.issues ?? []).flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => unknownSetting(kind, key, given, fix));
    }
    // One that is not even encrypted is reported as that.
    return isPlainSecret(kind, String(issue.path[0]), given.secretKeys)
      ? []
      : [illTyped(kind, issue, given, fix)];
  });
}

function isPlainSecret(kind: StackKind, key: string, secretKeys: ReadonlySet<string>): boolean {
  return secretPath(key, kinds[kind].fields[key]) !== undefined && !secretKeys.has(key);
}

/** Secrets that lie in the settings file for everybody to read. */
function plainSecrets(
  stack: string,
  kind: StackKind,
  names: readonly string[],
  secretKeys: ReadonlySet<string>,
): string[] {
  return names
    .filter((name) => isPlainSecret(kind, name, secretKeys))
    .map((key) => {
      const path = secretPath(key, kinds[kind].fields[key]) ?? key;
      return (
        `${key}: is not encrypted, and anybody who sees Pulumi.${stack}.yaml can read it. ` +
        `Fix: ${fixOf(stack)(`set --secret ${path}`)}, with a new value if the file was shared`
      );
    });
}

/**
 * Looks for secrets among the settings that are not encrypted, while the others cannot be read yet.
 * @throws SettingsError naming every one
 */
export function refusePlainSecrets(stack: string, kind: StackKind, names: readonly string[]): void {
  const problems = plainSecrets(stack, kind, names, new Set());
  if (problems.length > 0) throw new SettingsError(stack, problems);
}

/** Variables are for everybody to read who may look at a container. */
function secretVariables(secretKeys: ReadonlySet<string>, fix: Fix): string[] {
  if (!secretKeys.has("env")) return [];
  return [
    `env: holds a secret, and a container shows its variables. Fix: ${fix("set --secret --path secrets.NAME")}, and \${secret.own.NAME} as the variable's value`,
  ];
}

function portClashes(config: StackConfig, fix: Fix): string[] {
  const published = publishedPorts(config);
  return published.flatMap((port, index) =>
    published
      .slice(0, index)
      .filter((other) => other.port === port.port)
      .map(
        (other) =>
          `${port.setting}: port ${port.port} is already ${other.setting}'s. Fix: ${fix(`set ${port.setting} PORT`)}`,
      ),
  );
}

/** What is wrong with settings taken together. */
function problemsOf(config: StackConfig, read: Read, fix: Fix, env: DockerEnvironment): string[] {
  const { app, edge, sharedProxy } = config;
  return [
    ...dockerHostProblems(app.hotReload, config.dockerHost, env, fix),
    ...mailProblems(read(mailFields), fix),
    ...bucketProblems(read(bucketFields), fix),
    ...registryProblems(read(registryFields), fix),
    ...(config.backups === undefined ? [] : backupProblems(config.backups, fix)),
    ...(config.alerts === undefined ? [] : alertProblems(config.alerts, config.mail, fix)),
    ...releaseProblems(config, fix),
    ...(edge === undefined
      ? basicReachProblems({ trustedProxies: [], ...app }, fix)
      : [...edgeProblems(edge, fix), ...edgeReachProblems(app.publicUrl, edge, fix)]),
    ...(edge === undefined && sharedProxy === undefined ? [] : exposureProblems(publishedPorts(config))),
    ...portClashes(config, fix),
    ...connectionProblems(config, fix),
  ];
}

/**
 * Turns a stack's settings into its configuration.
 * @param stack name of the Pulumi stack
 * @param raw settings of the project's namespace, without the namespace, as Pulumi stores them:
 * strings
 * @param secretKeys settings whose values must not be repeated in a message
 * @param env environment of the deployer: the engine is there if no setting says where
 * @throws SettingsError naming every problem at once
 */
export function parseSettings(
  stack: string,
  raw: Readonly<Record<string, string>>,
  secretKeys: ReadonlySet<string> = new Set(),
  env: DockerEnvironment = process.env,
): StackConfig {
  const { shape, ...set } = raw;
  const kind = kindOf(stack, shape);
  const fix = fixOf(stack);
  const { fields } = kinds[kind];
  const given = withCommanded(fields, { values: set, secretKeys });
  const plain = [
    ...plainSecrets(stack, kind, Object.keys(given.values), given.secretKeys),
    ...secretVariables(secretKeys, fix),
    ...commandedProblems(kind, fields, { values: set, secretKeys }, fix),
  ];
  const wrong = fieldProblems(kind, given, fix);
  if (wrong.length > 0) throw new SettingsError(stack, [...wrong, ...plain]);
  const read = reader(given.values);
  const config = kinds[kind].config(stack, read);
  const problems = [...problemsOf(config, read, fix, env), ...plain];
  if (problems.length > 0) throw new SettingsError(stack, problems);
  return config;
}
