import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";
import { ownSettings } from "../../stacks/own-settings.ts";
import { holdsSecure, partlyPlain } from "../../stacks/settings-text.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";

/** What berth reads of `Pulumi.<stack>.yaml`. */
export interface SettingsFile {
  /**
   * Settings of the project's namespace, without it, as Pulumi's configuration holds them: strings.
   */
  readonly values: Readonly<Record<string, string>>;
  /** Settings whose values are encrypted; they are not among `values`. */
  readonly secure: readonly string[];
  /** Settings of which one part is encrypted and another is not. */
  readonly partlyPlain: readonly string[];
  /** Names of every namespace's settings, namespace included. */
  readonly keys: readonly string[];
  /** Whether any value of any namespace is encrypted. */
  readonly anySecure: boolean;
  readonly salt: string | undefined;
  readonly secretsProvider: string | undefined;
}

const empty: SettingsFile = {
  values: {},
  secure: [],
  partlyPlain: [],
  keys: [],
  anySecure: false,
  salt: undefined,
  secretsProvider: undefined,
};

/**
 * Reads a stack's settings file; a missing one has no settings.
 * @param file path of the file
 * @param project name of the Pulumi project, the namespace of its settings
 * @throws CommandError where the file is no YAML mapping
 */
export function readSettingsFile(file: string, project: string): SettingsFile {
  if (!existsSync(file)) return empty;
  return parseSettingsFile(readFileSync(file, "utf8"), project, file);
}

/** The same from the file's text; `file` is for messages. */
export function parseSettingsFile(text: string, project: string, file: string): SettingsFile {
  let content: unknown;
  try {
    // Pulumi hands every value over as the string that was written: `08` stays `08`, `1.0` stays
    // `1.0`.
    content = parse(text, { schema: "failsafe" });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${file} is no valid YAML: ${why}`, exitCode.usage);
  }
  if (content === null || content === "") return empty;
  if (!isMapping(content))
    throw new CommandError(`${file} must hold settings, not a list or a word.`, exitCode.usage);
  const config = isMapping(content["config"]) ? content["config"] : {};
  const own = Object.entries(config).flatMap(([key, value]): [string, unknown][] => {
    const colon = key.indexOf(":");
    return key.slice(0, colon) === project ? [[key.slice(colon + 1), value]] : [];
  });
  const plain = own.filter(([, value]) => !holdsSecure(value));
  return {
    values: Object.fromEntries(
      plain.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    ),
    secure: own.filter(([, value]) => holdsSecure(value)).map(([key]) => key),
    partlyPlain: Object.keys(
      ownSettings(
        project,
        partlyPlain(text).map((key) => [key, ""] as const),
      ),
    ),
    keys: Object.keys(config),
    anySecure: holdsSecure(config),
    salt: asText(content["encryptionsalt"]),
    secretsProvider: asText(content["secretsprovider"]),
  };
}

/**
 * The file's text without `encryptionsalt`. By lines, because writing parsed YAML again would lose
 * comments and ways of writing: a key at the start of a line is one of the outermost, whatever else
 * the file holds.
 */
export function withoutSalt(text: string): string {
  return text.replace(/^encryptionsalt:.*(?:\n|$)(?:[ \t]+\S.*(?:\n|$))*/m, "");
}

/** Takes the salt out of a settings file. */
export function removeSalt(file: string): void {
  writeFileSync(file, withoutSalt(readFileSync(file, "utf8")));
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
