/** What one of two releases that run side by side has answered. */
export interface Answered {
  readonly requests: number;
  /** Answers of 500 and above, and requests that another replica had to answer. */
  readonly failed: number;
  /** Seconds until the first byte, of each request. */
  readonly seconds: readonly number[];
}

/** Requests that the canary must have answered before it can be called as good as the others. */
export const fewest = 100;

/** Fewer failures than this are an accident. */
const fewestFailures = 3;

/**
 * Standard deviations between the two shares of failures. Whoever looks every few seconds needs
 * more of them than who looks once: four are met by accident once in thirty thousand looks.
 */
const certain = { early: 4, end: 3 } as const;

/** A canary is slow whose 95th percentile is more than half as much again, and 50 ms, above. */
const slower = { times: 1.5, seconds: 0.05 } as const;

/** @returns the time that 95 in 100 requests kept, in seconds; 0 for none */
export function p95(seconds: readonly number[]): number {
  const sorted = seconds.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * 0.95) - 1)] ?? 0;
}

/** Distance of the canary's share of failures from the others', in standard deviations. */
function distance(canary: Answered, others: Answered): number {
  const share = (canary.failed + others.failed) / (canary.requests + others.requests);
  const deviation = Math.sqrt(share * (1 - share) * (1 / canary.requests + 1 / others.requests));
  if (deviation === 0) return 0;
  return (canary.failed / canary.requests - others.failed / others.requests) / deviation;
}

const percent = ({ failed, requests }: Answered) => `${((failed / requests) * 100).toFixed(2)} %`;
const ms = (seconds: number) => `${Math.round(seconds * 1000)} ms`;

/**
 * What speaks against a canary. Both releases get the same kind of requests, because visitors are
 * drawn.
 * @param when whether it is looked at again; only at the end are times compared
 * @returns a sentence with the figures; undefined if nothing does
 */
export function complaint(
  canary: Answered,
  others: Answered,
  when: keyof typeof certain,
): string | undefined {
  if (canary.requests === 0 || others.requests === 0) return undefined;
  if (canary.failed >= fewestFailures && distance(canary, others) >= certain[when]) {
    return `it failed ${canary.failed} of ${canary.requests} requests (${percent(canary)}), the others ${others.failed} of ${others.requests} (${percent(others)})`;
  }
  if (when === "early" || canary.requests < fewest) return undefined;
  const [its, theirs] = [p95(canary.seconds), p95(others.seconds)];
  return its > theirs * slower.times + slower.seconds
    ? `95 in 100 of its answers began within ${ms(its)}, the others' within ${ms(theirs)}`
    : undefined;
}
