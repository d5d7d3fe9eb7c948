import { renderTable } from "../terminal/table.ts";
import type { Examination } from "./examine.ts";
import type { Noticed } from "./notes.ts";

function section(title: string, lines: readonly Noticed[]): string[] {
  if (lines.length === 0) return [];
  return [
    "",
    title,
    ...renderTable(
      [],
      lines.map(({ what, value }) => [`  ${what}`, value]),
    )
      .trimEnd()
      .split("\n"),
  ];
}

/** What was read of an application, for people. */
export function renderExamination(folder: string, examination: Examination): string {
  const { assumed, declaration, found, limits, undecided } = examination;
  return [
    `${folder}, read without running anything.`,
    ...section("Found", found),
    ...section("Assumed", assumed),
    ...section("You decide", undecided),
    ...section("Promises that do not hold yet", limits),
    "",
    "berth.json:",
    renderDeclaration(declaration),
  ].join("\n");
}

/** Text of `berth.json`. */
export function renderDeclaration(declaration: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(declaration, null, 2);
}
