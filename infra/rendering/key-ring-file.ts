/** How often a secret was rotated, and when. */
export interface Rotation {
  /** 0 until it is rotated for the first time. */
  readonly generation: number;
  /** Times of the newest two rotations in ISO 8601, newest first. */
  readonly times: readonly string[];
}

/** Keys in the ring at most: the one that signs, and two before it. */
export const ringSize = 3;

/**
 * Text of a key ring: a key a line, the one that signs first, each older one followed by the time
 * at which it stops verifying.
 * @param keys the holders' keys, as they take turns
 * @param overlap hours that a rotated key goes on verifying
 */
export function keyRingFile(
  { generation, times }: Rotation,
  keys: readonly string[],
  overlap: number,
): string {
  return Array.from({ length: Math.min(generation + 1, ringSize) }, (_, age) => {
    const key = keys[(generation - age) % ringSize] ?? "";
    const rotatedAt = times[age - 1];
    if (age === 0) return `${key}\n`;
    // A key with an unknown rotation time must not verify for ever.
    if (rotatedAt === undefined) return "";
    return `${key} ${new Date(Date.parse(rotatedAt) + overlap * 3_600_000).toISOString()}\n`;
  }).join("");
}
