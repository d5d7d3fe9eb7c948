import { Transform } from "node:stream";

/** A stream that passes bytes on and knows how many they were. */
export function countBytes(): Transform & { bytes: number } {
  const counter = Object.assign(
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        counter.bytes += chunk.length;
        done(undefined, chunk);
      },
    }),
    { bytes: 0 },
  );
  return counter;
}
