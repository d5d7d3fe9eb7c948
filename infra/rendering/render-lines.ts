/** Indents every line that has text, by four spaces a level. */
function indent(text: string, levels = 1): string {
  return text.replaceAll(/^(?=.)/gm, " ".repeat(4 * levels));
}

/** An Nginx block: its head, and its lines indented. Empty parts are left out. */
export function block(head: string, parts: readonly string[]): string {
  return `${head} {\n${indent(parts.filter((part) => part !== "").join("\n"))}\n}`;
}

/**
 * A value in double quotes, for Nginx.
 * @throws RangeError where the value could end the string, or name a variable
 */
export function quoted(value: string): string {
  if (/["\\$\r\n]/.test(value)) {
    throw new RangeError(
      `"${value}" holds a character that Nginx's configuration cannot hold: one of " \\ $ or a line break`,
    );
  }
  return `"${value}"`;
}
