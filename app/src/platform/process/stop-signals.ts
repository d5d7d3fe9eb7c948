const signals = ["SIGTERM", "SIGINT"] as const;

/**
 * Ends the process at once on SIGTERM and SIGINT, for as long as it holds nothing that has to be
 * given back. Without it the first process of a container would not end before it is killed: the
 * kernel lets it ignore signals it does not handle.
 *
 * @returns takes that back, for the code that drains from then on
 */
export function endOnSignal(): () => void {
  const end = () => {
    process.exit(0);
  };
  for (const signal of signals) process.on(signal, end);
  return () => {
    for (const signal of signals) process.removeListener(signal, end);
  };
}

/** Waits for SIGTERM or SIGINT from now on. */
export function watchSignals(): {
  /** Fires as the signal comes. */
  readonly stop: AbortSignal;
  /** The signal's name, once it has come. */
  readonly received: Promise<string>;
} {
  const controller = new AbortController();
  const received = new Promise<string>((resolve) => {
    for (const signal of signals) {
      process.on(signal, () => {
        controller.abort();
        resolve(signal);
      });
    }
  });
  return { stop: controller.signal, received };
}
