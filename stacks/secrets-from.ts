import { z } from "zod";
import { secretPath, type Fix } from "./field.ts";
import { nearest } from "./nearest.ts";

/** A secret that a command prints on the deployer's machine. */
export interface CommandedSecret {
  /** What `pulumi config set --secret --path` would take: `smtpPassword`, `secrets.paymentKey`. */
  readonly path: string;
  /** A program and its arguments; no shell reads them. */
  readonly command: readonly [program: string, ...args: string[]];
}

const command = z
  .union([z.string().transform((text) => text.trim().split(/\s+/)), z.array(z.coerce.string())])
  .transform(([program = "", ...args]): CommandedSecret["command"] => [program, ...args])
  .refine(([program]) => program !== "");

/** The application's own secrets stand below this name, as they do among the settings. */
const own = "secrets";

const commands = z.preprocess(
  (text) => (typeof text === "string" ? JSON.parse(text) : text) as unknown,
  z
    .object({ [own]: z.record(z.string().regex(/^[a-z][A-Za-z0-9]*$/), command).default({}) })
    .catchall(command),
);

const expected =
  'names of secrets, each with a command: --path secretsFrom.smtpPassword "op read op://shop/mail/password"';

function parseCommands(text: string): CommandedSecret[] | undefined {
  let read;
  try {
    read = commands.safeParse(text);
  } catch {
    return undefined;
  }
  if (!read.success) return undefined;
  const { [own]: ofModules, ...ofSettings } = read.data;
  return [
    ...Object.entries(ofSettings).map(([path, one]) => ({ path, command: one })),
    ...Object.entries(ofModules).map(([name, one]) => ({ path: `${own}.${name}`, command: one })),
  ];
}

/** Settings of secrets that are kept elsewhere. */
export const secretsFromFields = {
  secretsFrom: z
    .string()
    .transform((text, context): readonly CommandedSecret[] => {
      const parsed = parseCommands(text);
      if (parsed !== undefined) return parsed;
      context.addIssue({ code: "custom", message: expected });
      return z.NEVER;
    })
    .default([])
    .describe(
      "Commands that print secrets while the stack is previewed and deployed, by the secret's name: those of a password manager. They run on the deployer's machine, without a shell.",
    )
    .meta({ textPath: '--path secretsFrom.smtpPassword "op read op://shop/mail/password"' }),
};

/** Settings, and which of them are encrypted. */
export interface GivenSettings {
  readonly values: Readonly<Record<string, string>>;
  readonly secretKeys: ReadonlySet<string>;
}

type Fields = Readonly<Record<string, z.ZodType>>;

/** The secrets of the application's own modules that have a value, by name. */
function ownSecrets({ values }: GivenSettings): Record<string, string> {
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(values[own] ?? "{}"));
  } catch {
    return {};
  }
}

const isSet = (given: GivenSettings, path: string) =>
  path.startsWith(`${own}.`) ? path.slice(own.length + 1) in ownSecrets(given) : path in given.values;

/** A secret setting by its path, and not a map of them. */
const isKnown = (fields: Fields, path: string) =>
  path.startsWith(`${own}.`) || secretPath(path, fields[path]) === path;

/**
 * The settings with a mark for each secret that a command prints, in place of its value: whether it
 * is set is all that a configuration says of a secret.
 * @param fields of the kind of stack
 */
export function withCommanded(fields: Fields, given: GivenSettings): GivenSettings {
  const missing = (parseCommands(given.values["secretsFrom"] ?? "{}") ?? [])
    .map(({ path }) => path)
    .filter((path) => isKnown(fields, path) && !isSet(given, path));
  if (missing.length === 0) return given;
  const mark = "printed by a command";
  const ofModules = missing.filter((path) => path.startsWith(`${own}.`));
  const ofSettings = missing.filter((path) => !path.startsWith(`${own}.`));
  const all = ofModules.map((path) => [path.slice(own.length + 1), mark] as const);
  return {
    values: {
      ...given.values,
      ...Object.fromEntries(ofSettings.map((path) => [path, mark])),
      ...(all.length === 0
        ? {}
        : { [own]: JSON.stringify({ ...ownSecrets(given), ...Object.fromEntries(all) }) }),
    },
    secretKeys: new Set([
      ...given.secretKeys,
      ...ofSettings,
      // One that was set beside them in plain text is still told as that.
      ...(all.length > 0 && !(own in given.values) ? [own] : []),
    ]),
  };
}

/** Commands that print what is no secret, or what is set as well. */
export function commandedProblems(kind: string, fields: Fields, given: GivenSettings, fix: Fix): string[] {
  const remove = (path: string) => fix(`rm --path secretsFrom.${path}`);
  return (parseCommands(given.values["secretsFrom"] ?? "{}") ?? []).flatMap(({ path }) => {
    if (isKnown(fields, path)) {
      if (!isSet(given, path)) return [];
      return [
        `secretsFrom.${path}: ${path} is set as well. Fix: ${fix(`rm --path ${path}`)}, or ${remove(path)}`,
      ];
    }
    const secrets = Object.keys(fields).filter((name) => isKnown(fields, name));
    const meant = nearest(path, [...secrets, own]);
    const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
    return [
      `secretsFrom.${path}: a ${kind} stack has no secret of that name${hint} A module's own is secretsFrom.${own}.NAME. Fix: ${remove(path)}`,
    ];
  });
}
