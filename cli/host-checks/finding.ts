/** What the doctor found about one thing. */
export interface Finding {
  readonly name: string;
  readonly state: "ok" | "warning" | "problem";
  /** What is there. */
  readonly text: string;
  /** What to do, for a warning or a problem: sentences or commands, one a line. */
  readonly remedy?: string;
}

const marks = { ok: "✓", warning: "!", problem: "✗" } as const;

/** Findings for people, remedies under what they mend. */
export function renderFindings(findings: readonly Finding[]): string {
  const width = Math.max(0, ...findings.map(({ name }) => name.length));
  const lines = findings.flatMap(({ name, state, text, remedy }) => [
    `${marks[state]} ${name.padEnd(width)}  ${text}`,
    ...(remedy === undefined ? [] : remedy.split("\n").map((line) => `  ${" ".repeat(width)}  ${line}`)),
  ]);
  return [...lines, "", verdict(findings)].join("\n");
}

function verdict(findings: readonly Finding[]): string {
  const problems = findings.filter(({ state }) => state === "problem").length;
  if (problems > 0)
    return `${problems} ${problems === 1 ? "problem" : "problems"} to mend before up can work.`;
  const warnings = findings.filter(({ state }) => state === "warning").length;
  if (warnings > 0) return `up can work; ${warnings} ${warnings === 1 ? "thing" : "things"} to look at.`;
  return "Nothing stands in the way.";
}
