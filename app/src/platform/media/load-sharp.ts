import type { Sharp, SharpOptions } from "sharp";

/**
 * Loads the picture library at the first picture: it takes a while, and many processes never need
 * it. One thread and no cache: what a picture takes is then known beforehand.
 */
export async function loadSharp(): Promise<(input?: Buffer, options?: SharpOptions) => Sharp> {
  const { default: sharp } = await import("sharp");
  sharp.concurrency(1);
  sharp.cache(false);
  return (input, options) => sharp(input, options);
}
