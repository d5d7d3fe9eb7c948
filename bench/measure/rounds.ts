import { load, type NextRequest } from "./load.ts";
import { processorTime } from "./processor-time.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** A server of a comparison. */
export interface Contender {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly next: NextRequest;
}

export interface Effort {
  readonly rounds: number;
  /** Of one server's turn in a round. */
  readonly seconds: number;
  readonly connections: number;
  /** Requests of each server before the first round, while code is compiled. */
  readonly warmUp: number;
}

/** Requests of a turn, however slow the machine: processor time is counted in steps of 10 ms. */
const leastRequests = 100;

/** What a server did, over all rounds. */
export interface Result {
  readonly name: string;
  /** Requests per second of the process's own processor time. */
  readonly rate: Spread;
  /** The first contender's rate to this one's, round by round. */
  readonly ratio: Spread;
}

/**
 * Asks the contenders in turns, the first of a round another one each time, so that what else the
 * machine does hits every one.
 */
export async function compare(
  contenders: readonly Contender[],
  status: number,
  { rounds, seconds, connections, warmUp }: Effort,
): Promise<readonly Result[]> {
  const turn = async ({ port, pid, next }: Contender, milliseconds: number, atLeast: number) => {
    const before = processorTime(pid);
    const answered = await load({
      host: "127.0.0.1",
      port,
      connections,
      milliseconds,
      atLeast,
      next,
      status,
    });
    return answered / (processorTime(pid) - before);
  };
  for (const contender of contenders) await turn(contender, 0, warmUp);
  const rates = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    const first = round % contenders.length;
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      rates.get(contender.name)?.push(await turn(contender, seconds * 1000, leastRequests));
    }
  }
  const own = rates.get(contenders[0]?.name ?? "") ?? [];
  return contenders.map(({ name }) => {
    const found = rates.get(name) ?? [];
    return {
      name,
      rate: spreadOf(found),
      ratio: spreadOf(found.map((rate, round) => (own[round] ?? NaN) / rate)),
    };
  });
}
