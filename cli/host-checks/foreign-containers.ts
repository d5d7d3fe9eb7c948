import type { Container } from "../../system/container.ts";
import type { Finding } from "./finding.ts";

/**
 * Containers of a stack of the same name that another state deployed. Data volumes are named after
 * the stack, so both would work on the same files: two Postgres on one data directory destroy it.
 * @param own ids in the stack's own state
 */
export function foreignFindings(
  { project, stack }: { readonly project: string; readonly stack: string },
  running: readonly Container[],
  own: ReadonlySet<string>,
): Finding[] {
  const foreign = running.filter(
    // A migration that `berth migrate` runs at the moment belongs to the stack and is not in its
    // state.
    (container) =>
      container.stack === stack &&
      (container.project ?? project) === project &&
      container.part !== "migration" &&
      !own.has(container.id),
  );
  if (foreign.length === 0) return [];
  const names = foreign.map(({ name }) => name);
  return [
    {
      name: "State",
      state: "problem",
      text:
        `stack ${stack} runs on this engine already, deployed with another state (${names.join(", ")}), ` +
        "and both would use the same data",
      remedy: [
        "Deploy with that state, or give this stack another name (--stack).",
        `If that state is lost, remove the containers, which keeps the data: docker rm --force ${names.join(" ")}`,
      ].join("\n"),
    },
  ];
}
