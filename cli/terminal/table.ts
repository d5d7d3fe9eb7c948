/**
 * Columns under their headings, two spaces apart, no trailing spaces.
 * @param headings one for each column; none for a table without a head
 * @param rows cells, as many as there are headings
 */
export function renderTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = headings.length === 0 ? rows : [headings, ...rows];
  const columns = Math.max(...lines.map((line) => line.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? "").length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
