import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { format } from "prettier";
import type { Figure } from "./application/figures.ts";
import type { Effort, Result } from "./measure/rounds.ts";
import type { Spread } from "./measure/statistics.ts";

const page = join(import.meta.dirname, "../docs/benchmarks.md");

/** One figure with what was found. */
export interface Measured {
  readonly figure: Figure;
  readonly effort: Effort;
  readonly results: readonly Result[];
}

const whole = (value: number) => Math.round(value).toLocaleString("en-US");
const ratio = (value: number) => value.toFixed(2);
const around = ({ median, least, most }: Spread, text: (value: number) => string) =>
  `${text(median)} (${text(least)}–${text(most)})`;

function verdict({ goals }: Figure, { name, ratio: found }: Result): string {
  const goal = Object.entries(goals).find(([peer]) => peer === name)?.[1];
  if (goal === undefined) return "";
  return `≥ ${goal}: ${found.median >= goal ? "reached" : "not reached"}`;
}

/** A figure as a table of Markdown. */
export function show({ figure, effort, results }: Measured): string {
  const what = (name: string) =>
    Object.entries(figure.beside).find(([peer]) => peer === name)?.[1] ?? "with all that it promises";
  const lines = results.map((result) => {
    const compared = result.name === "berth" ? "" : around(result.ratio, ratio);
    return `| ${result.name} | ${what(result.name)} | ${around(result.rate, whole)} | ${compared} | ${verdict(figure, result)} |`;
  });
  return [
    `### ${figure.title}`,
    "",
    `\`npm run bench -- --only ${figure.name}\`: ${effort.rounds} rounds of ${effort.seconds} s, ${effort.connections} connections; median (least–most).`,
    "",
    "| server | what it does | requests per second of its processor time | berth to it | goal |",
    "| --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

/** The lines between two marks of a page, made anew. */
function replaced(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md has lost its marks ${start} and ${end}.`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
}

function machine(): string {
  const [{ model } = { model: "unknown" }, ...others] = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  const [, , quarter = 0] = loadavg();
  const shared =
    quarter > others.length + 2 ? ` The machine was shared: its load was ${quarter.toFixed(0)}.` : "";
  return `Measured on ${new Date().toISOString().slice(0, 10)}: ${others.length + 1} × ${model.trim()}, ${memory} GiB, Linux ${release()}, Node ${process.versions.node}.${shared}`;
}

/** A part of docs/benchmarks.md. */
export interface Section {
  /** Name of its marks. */
  readonly name: string;
  readonly text: string;
}

/** Puts what was measured into docs/benchmarks.md; other figures stay as they are. */
export async function writeReport(sections: readonly Section[]): Promise<void> {
  let text = readFileSync(page, "utf8");
  for (const one of sections) text = replaced(text, one.name, `${one.text}\n\n${machine()}`);
  writeFileSync(page, await format(text, { parser: "markdown", printWidth: 120, proseWrap: "preserve" }));
}
