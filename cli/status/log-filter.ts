/** Levels of log lines, the least severe first. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Which lines are wanted. */
export interface LogFilter {
  /** Least severe ones; all of them if undefined. */
  readonly level?: LogLevel | undefined;
  /** Id of the request that they are about; any if undefined. */
  readonly request?: string | undefined;
}

/** Words of Postgres, Nginx and others for what is a level here. */
const synonyms: Readonly<Record<string, LogLevel>> = {
  notice: "info",
  log: "info",
  warning: "warn",
  crit: "error",
  critical: "error",
  alert: "fatal",
  emerg: "fatal",
  panic: "fatal",
};

/**
 * Postgres: `… [71] ERROR:  …`; Nginx: `… [error] 7#7: …`.
 * https://www.postgresql.org/docs/17/runtime-config-logging.html#RUNTIME-CONFIG-SEVERITY-LEVELS
 */
const plain =
  /\b(DEBUG|INFO|NOTICE|LOG|WARNING|ERROR|FATAL|PANIC)\d?: |\[(debug|info|notice|warn|error|crit|alert|emerg)\]/;

/** What belongs to the line before: a stack trace, what Postgres adds to an error. */
const continued = /^\s|\b(?:DETAIL|HINT|CONTEXT|STATEMENT|QUERY): /;

function known(word: string): LogLevel | undefined {
  const lower = word.toLowerCase();
  return logLevels.find((level) => level === lower) ?? synonyms[lower];
}

/** The level that a line of a log says it has; undefined if it says none. */
export function levelOf(text: string): LogLevel | undefined {
  if (text.startsWith("{")) {
    // The field comes early, and a line that was cut is no JSON.
    const [, word = ""] = /"level":\s*"(\w+)"/.exec(text) ?? [];
    return known(word);
  }
  const [, upper, lower] = plain.exec(text) ?? [];
  return known(upper ?? lower ?? "");
}

/**
 * Makes the choice for one container's lines, in their order: what belongs to a line goes with it.
 * A line that says no level counts as `info`.
 */
export function wantedLines({ level, request }: LogFilter): (text: string) => boolean {
  const least = level === undefined ? 0 : logLevels.indexOf(level);
  let last = false;
  return (text) => {
    const found = levelOf(text);
    if (found === undefined && continued.test(text)) return last;
    const severe = logLevels.indexOf(found ?? "info") >= least;
    last = severe && (request === undefined || text.includes(request));
    return last;
  };
}
