import { everySetting, takers, type SettingInfo } from "./reference.ts";

/** A value that `pulumi config set --secret` has encrypted. */
const encrypted = { type: "object", required: ["secure"] };

/** What a value may be as YAML; Pulumi itself writes every one as a string. */
function valueOf({ choices, secret, values }: SettingInfo): object[] {
  if (secret) return [encrypted, { type: "object", additionalProperties: encrypted }];
  const [, least, most] = /^(\d+) to (\d+)$/.exec(values) ?? [];
  if (least !== undefined)
    return [
      { type: "integer", minimum: Number(least), maximum: Number(most) },
      { type: "string", pattern: "^\\d+$" },
      encrypted,
    ];
  if (choices.length > 0) {
    const words = choices.map((word) => ({ true: true, false: false })[word] ?? word);
    return [{ enum: [...new Set([...words, ...choices])] }, encrypted];
  }
  return [{ type: ["string", "number", "boolean", "object", "array"] }];
}

function definitionOf(infos: readonly SettingInfo[]): object {
  const told = infos.map((info) => {
    const facts = [
      takers(info) === "all" ? "" : `Stacks: ${takers(info)}.`,
      info.default === "" ? "" : `Default: ${info.default}.`,
      info.unit === "" ? "" : `Unit: ${info.unit}.`,
    ];
    return [info.description, ...facts].filter((text) => text !== "").join(" ");
  });
  const values = new Map(infos.flatMap(valueOf).map((value) => [JSON.stringify(value), value]));
  return { description: told.join("\n"), anyOf: [...values.values()] };
}

/**
 * Settings files as JSON Schema, for editors: what there is, what it is for, and what it may be.
 * @param project namespace whose settings editors complete; those of any are checked
 */
export function settingsSchema(project: string): object {
  const names = [...new Set(everySetting().map(({ name }) => name))];
  const reference = (name: string) => ({ $ref: `#/definitions/${name}` });
  const definitions = names.map(
    (name) => [name, definitionOf(everySetting().filter((info) => info.name === name))] as const,
  );
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Settings of a stack (Pulumi.STACK.yaml)",
    type: "object",
    properties: {
      config: {
        type: ["object", "null"],
        properties: Object.fromEntries(names.map((name) => [`${project}:${name}`, reference(name)])),
        patternProperties: Object.fromEntries(names.map((name) => [`^[^:]+:${name}$`, reference(name)])),
      },
    },
    definitions: Object.fromEntries(definitions),
  };
}
