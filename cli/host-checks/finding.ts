/** What was found about one thing that a deployment needs. */
export interface Finding {
  /** The thing, such as `Disk`; several findings may be about one thing. */
  readonly name: string;
  /** `up` refuses to work over a problem; a warning is for `doctor` to show. */
  readonly state: "ok" | "warning" | "problem";
  /** What is there. */
  readonly text: string;
  /** What to do about a warning or a problem: sentences or commands, one a line. */
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

/** The problems among some findings, as `up` shows them; empty if there is none. */
export function renderProblems(findings: readonly Finding[]): string {
  return findings
    .filter(({ state }) => state === "problem")
    .map(({ name, text, remedy = "" }) => {
      const fix = remedy.includes("\n") ? `\n${remedy.replaceAll(/^/gm, "    ")}` : ` ${remedy}`;
      return `  - ${name}: ${text}.${fix}`.trimEnd();
    })
    .join("\n");
}

function verdict(findings: readonly Finding[]): string {
  const problems = findings.filter(({ state }) => state === "problem").length;
  if (problems > 0)
    return `${problems} ${problems === 1 ? "problem" : "problems"} to mend before up can work.`;
  const warnings = findings.filter(({ state }) => state === "warning").length;
  if (warnings > 0) return `up can work; ${warnings} ${warnings === 1 ? "thing" : "things"} to look at.`;
  return "Nothing stands in the way.";
}
