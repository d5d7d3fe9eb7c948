/** How many tests ended how. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const none: Tally = { passed: 0, failed: 0, skipped: 0 };

/** Counts of node:test's summary of a run. */
export interface RunCounts {
  readonly tests: number;
  readonly passed: number;
  readonly skipped: number;
  readonly todo: number;
}

/** What did not pass has failed, cancelled tests included; one to do is skipped. */
export function tallyOf({ tests, passed, skipped, todo }: RunCounts): Tally {
  return { passed, failed: tests - passed - skipped - todo, skipped: skipped + todo };
}

/** Two runs' tests together. */
export function sum(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** `12 passed, 0 failed`, and the skipped ones only if there are any. */
export function renderTally({ passed, failed, skipped }: Tally): string {
  const rest = skipped === 0 ? "" : `, ${skipped} skipped`;
  return `${passed} passed, ${failed} failed${rest}`;
}
