import { closest, distance } from "fastest-levenshtein";

/**
 * The candidate that `word` was probably meant to be, or undefined when none is near (more than a
 * third of it differs).
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const best = closest(word.toLowerCase(), [...candidates]);
  return distance(word.toLowerCase(), best.toLowerCase()) <= Math.max(1, Math.ceil(best.length / 3))
    ? best
    : undefined;
}
