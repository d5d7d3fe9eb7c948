/** Something on the engine that is not as the stack's last update left it. */
export interface Drift {
  /** The object, as people know it: `container app-2`, `network edge`. */
  readonly what: string;
  /** What is wrong with it, as the end of a sentence. */
  readonly how: string;
  /** Command that brings it back. */
  readonly fix: string;
}

/** Whether and what has drifted, for people. */
export function renderDrift(stack: string, found: readonly Drift[]): string {
  if (found.length === 0) return `Stack ${stack} is as its last update left it.`;
  return [
    `Stack ${stack} is not as its last update left it:`,
    ...found.map(({ how, what }) => `  ${what} ${how}`),
    "",
    "Next:",
    ...[...new Set(found.map(({ fix }) => fix))].map((fix) => `  ${fix}`),
  ].join("\n");
}
