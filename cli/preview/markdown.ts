/** A cell of a table, whatever it holds. */
export const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** A table. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A block of code that ends where its text ends, whatever it holds. */
export function fence(text: string, language = ""): string {
  const inside = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = "`".repeat(inside + 1);
  return `${ticks}${language}\n${text}\n${ticks}`;
}

/** A section that is closed at first. */
export const details = (summary: string, body: string) =>
  `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
