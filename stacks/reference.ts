import { z } from "zod";
import { kinds } from "./kinds.ts";
import { stackKinds } from "./stack-config.ts";

interface Row {
  readonly name: string;
  readonly fallback: string;
  readonly description: string;
  readonly kinds: readonly string[];
}

/** A setting's default as it would be typed; empty where it has none. */
function fallbackOf(field: z.ZodType): string {
  const parsed = field.safeParse(undefined);
  if (!parsed.success || parsed.data === undefined) return "";
  if (Array.isArray(parsed.data)) return parsed.data.length === 0 ? "" : `\`${parsed.data.join(",")}\``;
  return `\`${z.union([z.string(), z.number(), z.boolean()]).parse(parsed.data)}\``;
}

function rows(): Row[] {
  const found = new Map<string, Row>();
  for (const kind of stackKinds) {
    for (const [name, field] of Object.entries(kinds[kind].fields)) {
      const row = { name, fallback: fallbackOf(field), description: field.description ?? "" };
      const key = JSON.stringify(row);
      found.set(key, { ...row, kinds: [...(found.get(key)?.kinds ?? []), kind] });
    }
  }
  return [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
}

/** Every setting of every kind of stack as a Markdown table; `docs/settings.md` ends with it. */
export function settingsReference(): string {
  return [
    "| setting | default | stacks | what it is for |",
    "| --- | --- | --- | --- |",
    ...rows().map(
      ({ name, fallback, kinds: takers, description }) =>
        `| \`${name}\` | ${fallback} | ${takers.length === stackKinds.length ? "all" : takers.join(", ")} | ${description.replaceAll("|", "\\|")} |`,
    ),
    "",
  ].join("\n");
}
