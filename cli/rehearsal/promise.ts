import { renderTable } from "../terminal/table.ts";

/** What a rehearsal has seen of one promise. */
export interface Promised {
  /** The promise, in a few words. */
  readonly promise: string;
  /** Undefined if it could not be rehearsed. */
  readonly holds: boolean | undefined;
  /** What was seen, with figures. */
  readonly seen: string;
  /** What makes it hold; only if it does not. */
  readonly fix?: string;
}

/** What visitors got while something changed. */
export interface Seen {
  readonly reads: number;
  readonly writes: number;
  /** What a visitor would complain about, a line each. */
  readonly failedReads: readonly string[];
  readonly failedWrites: readonly string[];
}

const some = 3;

/** The first failures, and how many there are. */
function first(lines: readonly string[]): string {
  const shown = lines.slice(0, some).join("; ");
  return lines.length > some ? `${shown}; and ${lines.length - some} more` : shown;
}

/** A change in which no request may fail. */
export function unnoticed(promise: string, seen: Seen, fix: string): Promised {
  const failed = [...seen.failedReads, ...seen.failedWrites];
  const count = `${failed.length} of ${seen.reads + seen.writes} requests failed`;
  if (failed.length === 0) return { promise, holds: true, seen: count };
  return { promise, holds: false, seen: `${count}: ${first(failed)}`, fix };
}

/**
 * The death of a replica, which costs the writes that it was answering, and nothing else: nobody
 * knows whether they were done.
 * @param writers how many write at a time
 */
export function survived(promise: string, seen: Seen, writers: number): Promised {
  const { failedReads, failedWrites, reads, writes } = seen;
  const underWay = failedWrites.filter((failure) => failure.endsWith(" 502")).length;
  const holds =
    failedReads.length === 0 && failedWrites.length === underWay && underWay <= writers && reads > 0;
  const shown = `${failedReads.length} of ${reads} reads failed, and ${failedWrites.length} of ${writes} writes`;
  if (holds) return { promise, holds, seen: shown };
  const failed = [...failedReads, ...failedWrites];
  return {
    promise,
    holds,
    seen: `${shown}: ${first(failed)}`,
    fix: "let one replica be enough for everybody: a second one gets all requests at once",
  };
}

/** Exit code of what Docker ends by SIGKILL. */
const killed = 137;

/**
 * How replicas ended that were told to.
 * @param exits their exit codes
 * @param drain seconds that they had
 */
export function stopped(exits: readonly number[], drain: number): Promised {
  const promise = "ends when it is told to";
  const late = exits.filter((code) => code === killed).length;
  if (exits.length === 0) return { promise, holds: undefined, seen: "no replica was stopped" };
  if (late === 0) return { promise, holds: true, seen: `${exits.length} replicas ended by themselves` };
  return {
    promise,
    holds: false,
    seen: `${late} of ${exits.length} replicas still ran after ${drain} s, and were killed`,
    fix: "exit in the listener for SIGTERM once open requests have ended, or remove the listener",
  };
}

/** Seconds that Nginx keeps an idle connection to a replica. */
export const keptByNginx = 30;

/**
 * How long a replica keeps an idle connection.
 * @param closedAfter seconds; undefined if it outlasted Nginx's
 */
export function keeps(closedAfter: number | undefined): Promised {
  const promise = "keeps connections longer than Nginx";
  if (closedAfter === undefined)
    return { promise, holds: true, seen: `an idle one was open after ${keptByNginx} s` };
  return {
    promise,
    holds: false,
    seen: `an idle one was closed after ${closedAfter} s: a write that Nginx sends then is lost`,
    fix: "server.keepAliveTimeout = 75_000 on the server that listens, or runtime: layer",
  };
}

/** The promises as a table, and the fixes below it. */
export function renderPromises(promises: readonly Promised[]): string {
  const word = (holds: boolean | undefined) => (holds === undefined ? "not seen" : holds ? "yes" : "NO");
  const table = renderTable(
    ["PROMISE", "HOLDS", "SEEN"],
    promises.map(({ promise, holds, seen }) => [promise, word(holds), seen]),
  );
  const fixes = promises.flatMap(({ promise, fix }) => (fix === undefined ? [] : [`  - ${promise}: ${fix}`]));
  return fixes.length === 0 ? table : `${table}\n\nFixes:\n${fixes.join("\n")}`;
}
