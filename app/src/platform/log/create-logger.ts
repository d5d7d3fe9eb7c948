import { pino, type DestinationStream, type Logger, stdTimeFunctions } from "pino";
import { describeError } from "./describe-error.ts";

export type { Logger } from "pino";

/** Names that hold secrets wherever they turn up in a log line. */
const secretNames = ["password", "token", "secret", "cookie", "authorization"];

/** What a log line says about the program that wrote it. */
export interface LoggerOptions {
  readonly level: string;
  readonly stack: string;
  readonly release: string;
  /** Defaults to standard output; tests pass a stream of their own. */
  readonly destination?: DestinationStream;
}

/**
 * Makes the JSON logger: one object a line on standard output, ISO times in UTC, secrets shown as
 * `[redacted]`.
 */
export function createLogger({ level, stack, release, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { stack, release, pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    serializers: { err: describeError },
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: "[redacted]",
    },
  };
  return destination ? pino(options, destination) : pino(options);
}
