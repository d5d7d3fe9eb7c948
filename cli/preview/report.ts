import { effectOf, effects, meaning, partName, worse, type Effect } from "./effects.ts";
import { fileDifferences, type FileDifference } from "./file-differences.ts";
import { details, fence, markdownTable } from "./markdown.ts";
import type { Plan, PlannedChange } from "./preview-steps.ts";
import { reasons } from "./reasons.ts";
import { longLocks, noFacts, type ReleaseFacts } from "./release-facts.ts";
import { imageLine, migrationSection, packageSection } from "./render-release.ts";

/** What an update would do to one part. */
export interface PartReport {
  readonly part: string;
  readonly effect: Effect;
  /** What differs, by name. */
  readonly why: readonly string[];
}

/** What an update would do, for a person who has to agree to it. */
export interface PreviewReport extends ReleaseFacts {
  readonly stack: string;
  /** The program takes the settings and the sources. */
  readonly accepted: boolean;
  /** The worst that happens to a part. */
  readonly effect: Effect;
  readonly parts: readonly PartReport[];
  /** Pulumi's resources that change, whatever that means for the parts. */
  readonly changes: readonly { readonly op: string; readonly name: string; readonly type: string }[];
  readonly files: readonly FileDifference[];
  readonly notes: Plan["notes"];
}

/**
 * Judges a plan.
 * @param facts of the next release, as far as they are known
 */
export function previewReport(
  stack: string,
  plan: Plan,
  accepted: boolean,
  facts: ReleaseFacts = noFacts,
): PreviewReport {
  const parts = new Map<string, PlannedChange[]>();
  for (const change of plan.changes) {
    // A component is its resources.
    if (change.type.startsWith("berth:") || change.type.startsWith("pulumi:")) continue;
    const part = partName(change.component);
    parts.set(part, [...(parts.get(part) ?? []), change]);
  }
  const judged = [...parts]
    .map(([part, changes]) => partReport(part, changes, plan))
    // What only follows from others is in Pulumi's own list.
    .filter(({ effect, why }) => effect !== "nothing" || why.length > 0)
    .sort((one, other) => effects.indexOf(other.effect) - effects.indexOf(one.effect));
  return {
    stack,
    accepted,
    effect: judged.reduce<Effect>((worst, { effect }) => worse(worst, effect), "nothing"),
    parts: judged,
    changes: plan.changes.map(({ op, resource, type }) => ({ op, name: resource, type })),
    files: fileDifferences(plan),
    notes: [...plan.notes, ...longLocks(facts)],
    ...facts,
  };
}

function partReport(part: string, changes: readonly PlannedChange[], plan: Plan): PartReport {
  return {
    part,
    effect: changes.map((change) => effectOf(change, plan)).reduce(worse, "nothing"),
    why: [...new Set(changes.flatMap(reasons))],
  };
}

/** The first line of a comment, by which the next report finds it. */
export function commentMark(stack: string): string {
  return `<!-- berth preview of ${stack} -->`;
}

const severities = { info: "Note", warning: "Warning", error: "Error" } as const;

/** Characters of a report at most: a comment on GitHub holds 65,536. */
const longest = 60_000;

/** The report as Markdown, for a comment on a pull request. */
export function renderMarkdown(report: PreviewReport): string {
  const { accepted, changes, effect, files, image, migrations, notes, parts, stack } = report;
  const head = [
    commentMark(stack),
    `### ${stack}: ${titleOf(report)}`,
    ...(accepted && changes.length > 0 ? [meaning[effect]] : []),
    ...notes.map(({ severity, text }) => `**${severities[severity]}**\n\n${fence(text)}`),
    ...(parts.length === 0 ? [] : [table(parts)]),
    ...migrationSection(migrations),
    ...(image === undefined ? [] : [imageLine(image, stack)]),
  ].join("\n\n");
  const more = [
    ...(image === undefined ? [] : packageSection(image)),
    ...(changes.length === 0 ? [] : [details("Pulumi's resources", fence(resources(report)))]),
    ...files.map(({ lines, path }) =>
      details(`Nginx: <code>${path}</code>`, fence(lines.join("\n"), "diff")),
    ),
  ];
  return withinLimit(head, more);
}

function titleOf({ accepted, changes, effect, parts }: PreviewReport): string {
  if (!accepted) return "refused";
  if (changes.length === 0) return "no changes";
  if (effect === "nothing") return "nothing that serves changes";
  const touched = parts.filter((one) => one.effect !== "nothing");
  return `${effect} (${touched.map(({ part }) => part).join(", ")})`;
}

/** As many sections as fit, and how many do not. */
function withinLimit(head: string, sections: readonly string[]): string {
  let text = head.slice(0, longest);
  let left = 0;
  for (const section of sections) {
    if (text.length + section.length + 2 <= longest) text += `\n\n${section}`;
    else left += 1;
  }
  return left === 0
    ? text
    : `${text}\n\n${left} more ${left === 1 ? "section is" : "sections are"} too long for a comment; \`--report json\` has all.`;
}

function table(parts: readonly PartReport[]): string {
  const rows = parts.map(({ effect, part, why }) => [part, effect, why.join(", ")]);
  return markdownTable(["part", "effect", "what differs"], rows);
}

function resources({ changes }: PreviewReport): string {
  return changes.map(({ name, op, type }) => `${op} ${name} (${type})`).join("\n");
}
