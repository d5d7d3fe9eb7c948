import { linesOf, rowsOf, type GraphPart, type StackGraph } from "./stack-graph.ts";

/** The graph as Mermaid, which forges draw by themselves. */
export function renderMermaid(graph: StackGraph): string {
  const box = (part: GraphPart) => `${part.part}["${linesOf(part).join("<br>")}"]`;
  const groups = new Map<string, GraphPart[]>();
  for (const part of graph.parts) {
    const name = [...part.networks].sort().join(" and ");
    groups.set(name, [...(groups.get(name) ?? []), part]);
  }
  return [
    "flowchart TB",
    ...[...groups].flatMap(([name, parts], index) => [
      `  subgraph network${index + 1}["${name}"]`,
      ...parts.map((part) => `    ${box(part)}`),
      "  end",
    ]),
    ...graph.edges.map(({ by, from, to }) => `  ${from} ${by === undefined ? "-->" : `-. ${by} .->`} ${to}`),
  ].join("\n");
}

const size = { width: 190, line: 18, gap: 40, row: 60, margin: 24 };

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

interface Box {
  readonly part: GraphPart;
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

/** The graph as a picture of its own, without scripts or fonts from elsewhere. */
export function renderSvg(graph: StackGraph, title: string): string {
  const rows = rowsOf(graph);
  const width =
    Math.max(...rows.map((row) => row.length)) * (size.width + size.gap) - size.gap + 2 * size.margin;
  const boxes = new Map<string, Box>();
  let y = size.margin;
  for (const row of rows) {
    const height = Math.max(...row.map((part) => linesOf(part).length + 1)) * size.line + 16;
    const whole = row.length * (size.width + size.gap) - size.gap;
    for (const [index, part] of row.entries()) {
      const x = (width - whole) / 2 + index * (size.width + size.gap);
      boxes.set(part.part, { part, x, y, height });
    }
    y += height + size.row;
  }
  const height = y - size.row + size.margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...graph.edges.flatMap(({ by, from, to }) => {
      const [one, other] = [boxes.get(from), boxes.get(to)];
      return one === undefined || other === undefined ? [] : [line(one, other, by)];
    }),
    ...[...boxes.values()].map(drawBox),
    "</svg>\n",
  ].join("\n");
}

function line(from: Box, to: Box, by: string | undefined): string {
  const middle = ({ x }: Box) => x + size.width / 2;
  const beside = from.y === to.y;
  const right = from.x < to.x;
  const [x1, y1] = beside
    ? [right ? from.x + size.width : from.x, from.y + from.height / 2]
    : [middle(from), from.y < to.y ? from.y + from.height : from.y];
  const [x2, y2] = beside
    ? [right ? to.x : to.x + size.width, to.y + to.height / 2]
    : [middle(to), from.y < to.y ? to.y : to.y + to.height];
  const dashes = by === undefined ? "" : ' stroke-dasharray="5 4"';
  const label =
    by === undefined
      ? ""
      : `<text x="${(x1 + x2) / 2}" y="${(y1 + y2) / 2 - 6}" text-anchor="middle" fill="#555" font-size="11">${by}</text>`;
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#555"${dashes} marker-end="url(#end)"/>${label}`;
}

function drawBox({ height, part, x, y }: Box): string {
  const lines = [...linesOf(part), part.networks.join(", ")];
  const text = lines.map((words, index) => {
    const style =
      index === 0 ? ' font-weight="600"' : index === lines.length - 1 ? ' fill="#777" font-size="11"' : "";
    return `<text x="${x + size.width / 2}" y="${y + 22 + index * size.line}" text-anchor="middle"${style}>${escaped(words)}</text>`;
  });
  return `<rect x="${x}" y="${y}" width="${size.width}" height="${height}" rx="6" fill="#f4f7fb" stroke="#36527a"/>${text.join("")}`;
}
