/** Text that is markup already. Only `html` makes it, so whatever is not `Markup` gets escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** What may stand in a `${…}` of `html`. Nothing is written for `undefined`, `null` and `false`. */
export type Content = Markup | string | number | bigint | false | null | undefined | readonly Content[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function render(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (Array.isArray(content)) return (content as readonly Content[]).map(render).join("");
  if (content === undefined || content === null || content === false) return "";
  return String(content).replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}

/**
 * Template tag that makes markup and escapes every value put into it. Attribute values must be
 * quoted.
 *
 * @example html`<a href="${address}">${name}</a>`
 */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.map((part, index) => part + render(values[index])).join(""));
}
