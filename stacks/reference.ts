import { z } from "zod";
import { secretPath } from "./field.ts";
import { kinds } from "./kinds.ts";
import { stackKinds, type StackKind } from "./stack-config.ts";

/** A setting as its schema describes it. */
export interface SettingInfo {
  readonly name: string;
  readonly description: string;
  /** Kinds of stack that take it. */
  readonly kinds: readonly StackKind[];
  /** Its default as it would be typed; empty if it has none. */
  readonly default: string;
  /** What it may be; empty if the description says it. */
  readonly values: string;
  /** The words that it may be; none if others are taken. */
  readonly choices: readonly string[];
  /** What a number counts; empty for others. */
  readonly unit: string;
  readonly secret: boolean;
  /** Arguments of `pulumi config` that set it, without `--stack`. */
  readonly command: string;
}

const noted = z.object({
  values: z.string().optional(),
  unit: z.string().optional(),
  example: z.string().optional(),
  textPath: z.string().optional(),
});

/** A field and what it wraps: defaults and optional ones hide the notes of what is inside. */
function layers(field: z.ZodType): z.ZodType[] {
  if (field instanceof z.ZodDefault || field instanceof z.ZodOptional)
    return [field, ...layers(field.unwrap() as z.ZodType)];
  if (field instanceof z.ZodPipe) return [field, ...layers(field.in as z.ZodType)];
  return [field];
}

function note(field: z.ZodType, name: keyof z.output<typeof noted>): string | undefined {
  return layers(field)
    .map((layer) => noted.safeParse(layer.meta() ?? {}).data?.[name])
    .find((text) => text !== undefined);
}

function choicesOf(field: z.ZodType): string[] {
  const choice = layers(field).find((layer) => layer instanceof z.ZodEnum);
  return choice?.options.map(String) ?? [];
}

function defaultOf(field: z.ZodType): string {
  const parsed = field.safeParse(undefined);
  if (!parsed.success || parsed.data === undefined) return "";
  if (Array.isArray(parsed.data)) return parsed.data.join(",");
  if (typeof parsed.data === "object") return "";
  return String(z.union([z.string(), z.number(), z.boolean()]).parse(parsed.data));
}

/** As one word of a shell; `< file` reads a file. */
const quoted = (value: string) => (/[\s*]/.test(value) && !value.startsWith("<") ? `"${value}"` : value);

function infoOf(kind: StackKind, name: string, field: z.ZodType): SettingInfo {
  const path = secretPath(name, field);
  const typed = quoted(note(field, "example") ?? (defaultOf(field) || "VALUE"));
  return {
    name,
    description: field.description ?? "",
    kinds: [kind],
    default: defaultOf(field),
    values: note(field, "values") ?? choicesOf(field).join(", "),
    choices: choicesOf(field),
    unit: note(field, "unit") ?? "",
    secret: path !== undefined,
    command:
      path === undefined ? `set ${note(field, "textPath") ?? `${name} ${typed}`}` : `set --secret ${path}`,
  };
}

/**
 * Every setting by its name. One that differs between kinds of stack is there for each difference.
 */
export function everySetting(): SettingInfo[] {
  const found = new Map<string, SettingInfo>();
  for (const kind of stackKinds) {
    for (const [name, field] of Object.entries(kinds[kind].fields)) {
      const info = infoOf(kind, name, field);
      const key = JSON.stringify({ ...info, kinds: [] });
      found.set(key, { ...info, kinds: [...(found.get(key)?.kinds ?? []), kind] });
    }
  }
  return [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
}

/** The kinds of stack that take a setting, as people read it. */
export function takers({ kinds: taking }: SettingInfo): string {
  return taking.length === stackKinds.length ? "all" : taking.join(", ");
}

const code = (text: string) => (text === "" ? "" : `\`${text}\``);

/** Every setting of every kind of stack as a Markdown table; `docs/settings.md` ends with it. */
export function settingsReference(): string {
  const rows = everySetting().map((info) =>
    [
      code(info.name),
      code(info.default),
      [info.values, info.unit].filter((text) => text !== "").join(" "),
      takers(info),
      info.description.replaceAll("|", "\\|"),
    ].join(" | "),
  );
  return [
    "| setting | default | values | stacks | what it is for |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
    "",
  ].join("\n");
}
