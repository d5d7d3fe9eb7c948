import { setTimeout as sleep } from "node:timers/promises";

/** What counts of an answer. */
export interface Answered {
  readonly status: number;
  readonly body: string;
}

/** Somebody who does one thing again and again. */
export interface Visitor {
  readonly kind: string;
  /** How many do it at a time. Default: 1. */
  readonly count?: number;
  /** Milliseconds between two times. */
  readonly pause: () => number;
  /** Status of the answer. */
  readonly status: number;
  readonly once: () => Promise<Answered>;
  /** What the answer has to have in it. */
  readonly says?: string;
}

/** What visitors have seen. */
export interface VisitorReport {
  readonly answers: Readonly<Record<string, number>>;
  /** Whatever they would complain about, a line each. */
  readonly failures: readonly string[];
}

/** An idle gap of 4 to 8 seconds: in these, servers close kept connections. */
export function idleGap(): number {
  return 4000 + Math.random() * 4000;
}

/** Lets visitors in, until they are stopped. */
export function visitors(all: readonly Visitor[]): { stop(): Promise<VisitorReport> } {
  const answers: Record<string, number> = {};
  const failures: string[] = [];
  const ending = new AbortController();
  const { signal } = ending;
  const visit = async ({ kind, once, pause, says = "", status }: Visitor): Promise<void> => {
    while (!signal.aborted) {
      try {
        const answer = await once();
        answers[kind] = (answers[kind] ?? 0) + 1;
        if (answer.status !== status || !answer.body.includes(says))
          failures.push(`${kind}: status ${answer.status} ${answer.body.slice(0, 160)}`);
      } catch (error) {
        failures.push(`${kind}: ${String(error)}`);
      }
      await sleep(pause(), undefined, { signal }).catch(() => undefined);
    }
  };
  const clients = all.flatMap((one) => Array.from({ length: one.count ?? 1 }, () => visit(one)));
  return {
    async stop() {
      ending.abort();
      await Promise.all(clients);
      return { answers, failures };
    },
  };
}
