import type { Logger } from "../log/create-logger.ts";
import type { Storage } from "./storage.ts";

/** Milliseconds that a finding holds: probes come every few seconds from several sides. */
const freshFor = 15_000;

/**
 * Keeps an eye on where uploads go, for start and probes: says so in the log once when they become
 * impossible and once when they work again.
 *
 * @returns the reason why uploads are not possible; `undefined` while they are
 */
export function watchStorage(storage: Storage, log: Logger, now: () => number) {
  let until = 0;
  let finding: Promise<string | undefined> = Promise.resolve(undefined);
  let said: string | undefined;
  return (): Promise<string | undefined> => {
    if (now() < until) return finding;
    until = now() + freshFor;
    finding = storage.problem().then((reason) => {
      if (reason !== undefined && reason !== said)
        log.warn({ reason }, "uploads are not possible; all else works");
      if (reason === undefined && said !== undefined) log.info("uploads are possible again");
      said = reason;
      return reason;
    });
    return finding;
  };
}
