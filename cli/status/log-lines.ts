/** A line of a container's log. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, as Docker prints it: sorts as text. */
  readonly time: string;
  readonly source: string;
  readonly text: string;
}

/** Splits what `docker logs --timestamps` prints. */
export function parseLog(source: string, printed: string): LogLine[] {
  return printed
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const space = line.indexOf(" ");
      return space < 0
        ? { time: line, source, text: "" }
        : { time: line.slice(0, space), source, text: line.slice(space + 1) };
    });
}

/**
 * Lines of several containers in the order of time, the last `tail` of them, each after its
 * container's name.
 */
export function mergeLogs(lines: readonly LogLine[], tail: number): string[] {
  const width = Math.max(0, ...lines.map(({ source }) => source.length));
  const ordered = lines.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return ordered.slice(-tail).map(({ source, text }) => prefixed(source, width, text));
}

/** `postgres  | text` */
export function prefixed(source: string, width: number, text: string): string {
  return `${source.padEnd(width)} | ${text}`;
}
