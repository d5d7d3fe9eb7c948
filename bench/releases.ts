/**
 * Requests that fail while an application is released: berth's prod stack beside docker compose
 * with the same images behind a hand-written Nginx, under the same load, one after the other in one
 * run.
 *
 * node bench/releases.ts [RELEASES]
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeConfig } from "../stacks/edge.ts";
import { account, busyStack } from "../tests/support/busy-stack.ts";
import { mixedLoad } from "../tests/support/mixed-load.ts";
import { composeStack } from "./compose/compose-stack.ts";

const [releases = 5] = process.argv.slice(2).map(Number);

interface Row {
  readonly stack: string;
  readonly answered: number;
  readonly failed: number;
  /** Median of the releases, in seconds. */
  readonly seconds: number;
}

async function measure(
  stack: string,
  edge: EdgeConfig,
  release: (number: number) => Promise<unknown>,
): Promise<Row> {
  const load = await mixedLoad(edge, account);
  const times: number[] = [];
  for (let number = 1; number <= releases; number += 1) {
    const begun = performance.now();
    await release(number);
    times.push((performance.now() - begun) / 1000);
    await sleep(2000);
  }
  const { answers, failures } = await load.stop();
  const kinds = new Map<string, number>();
  for (const failure of failures) {
    const kind = failure.slice(0, 60);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  for (const [kind, count] of kinds) console.error(`${stack}: ${count} × ${kind}`);
  return {
    stack,
    answered: Object.values(answers).reduce((sum, count) => sum + count, 0),
    failed: failures.length,
    seconds: Math.round(times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0),
  };
}

const rows: Row[] = [];
const compose = await composeStack(account);
try {
  const byHand = (reload: boolean) => (number: number) => compose.release(number, reload);
  rows.push(await measure("docker compose, Nginx reloaded", compose.edge, byHand(true)));
  rows.push(await measure("docker compose", compose.edge, byHand(false)));
} finally {
  await compose.remove();
}
const berth = await busyStack();
try {
  const release = async (number: number) => {
    berth.edit(`Release ${number}.`);
    await berth.deployment.up();
  };
  rows.push(await measure("berth", berth.edge, release));
} finally {
  await berth.deployment.remove();
}
console.table(rows);
