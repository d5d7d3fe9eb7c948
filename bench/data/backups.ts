import { randomUUID } from "node:crypto";
import { Agent } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { account, busyStack, type BusyStack } from "../../tests/support/busy-stack.ts";
import { docker } from "../../tests/support/docker.ts";
import { ask } from "../../tests/support/edge-client.ts";
import { signIn } from "../../tests/support/edge-session.ts";
import { eventually } from "../../tests/support/eventually.ts";
import { share, spreadOf } from "../measure/statistics.ts";
import { kibibyte, type DataFigure } from "./data-figure.ts";

/** Milliseconds: people pause, so that the load is the same with a backup and without one. */
const pause = 100;
const clients = 4;

/** Does something again and again until `work` has ended, whether it fails or not. */
async function meanwhile(work: Promise<unknown>, again: () => Promise<unknown>): Promise<void> {
  let ended = false;
  const watched = work.finally(() => {
    ended = true;
  });
  const loop = async () => {
    while (!ended) await again();
  };
  await Promise.all([watched, loop()]);
}

/** Milliseconds of each answer until `work` has ended: three reads for each write. */
async function latencies(stack: BusyStack, work: Promise<unknown>): Promise<number[]> {
  const session = await signIn(stack.edge, account);
  const agent = new Agent({ keepAlive: true, maxSockets: clients, rejectUnauthorized: false });
  const times: number[] = [];
  const write = () => {
    const headers = { ...session, "Content-Type": "application/json", "Idempotency-Key": randomUUID() };
    const body = JSON.stringify({ name: "Anna", email: `${randomUUID()}@example.test` });
    return ask(stack.edge, "/api/v1/customers", { method: "POST", headers, body, agent });
  };
  const read = () => ask(stack.edge, "/api/v1/customers?limit=5", { headers: session, agent });
  const client = () => {
    let turn = 0;
    return meanwhile(work, async () => {
      const begun = performance.now();
      const { status } = await (turn % 4 === 0 ? write() : read());
      if (status >= 400) throw new Error(`An answer of ${status}.`);
      times.push(performance.now() - begun);
      turn += 1;
      await sleep(pause);
    });
  };
  await Promise.all(Array.from({ length: clients }, client)).finally(() => {
    agent.destroy();
  });
  return times;
}

/** MiB of a container's memory, without the files that the kernel keeps of it. */
async function memory(container: string): Promise<number> {
  const script = "cat /sys/fs/cgroup/memory.stat 2>/dev/null || cat /sys/fs/cgroup/memory/memory.stat";
  const said = await docker(["exec", container, "sh", "-c", script]);
  return Number(/^(?:anon|total_rss) (\d+)$/m.exec(said)?.[1]) / 1024 ** 2;
}

/** Makes a full backup; the answers meanwhile, and the most memory. */
async function withBackup(stack: BusyStack, container: string) {
  const { deployment } = stack;
  const backup = deployment.berth("backups", "full", "--stack", deployment.stack);
  let most = 0;
  const watched = meanwhile(backup, async () => {
    most = Math.max(most, await memory(container));
    await sleep(500);
  });
  const times = await latencies(stack, backup);
  const { status, stderr } = await backup;
  if (status !== 0) throw new Error(stderr);
  await watched;
  return { times, most };
}

/**
 * What a backup costs those who use the application: reads and writes of a prod stack while a full
 * backup is made, beside the same without one, in windows that alternate.
 */
export const backups: DataFigure = {
  name: "backups",
  title: "A full backup while people use the application",
  usual: { mebibytes: 512, rounds: 3 },
  async measure({ mebibytes, rounds }) {
    const stack = await busyStack();
    try {
      const { deployment } = stack;
      await stack.sql(
        `create table ballast as select n, ${kibibyte} from generate_series(1, ${mebibytes * 1024}) n`,
      );
      await eventually(async () => {
        const { status, stdout } = await deployment.berth("backups", "--stack", deployment.stack);
        if (status !== 0) throw new Error(stdout);
      }, 1_800_000);
      const [backup] = await deployment.containers("backup");
      const container = backup?.Id ?? "";
      const [quiet, busy]: [number[], number[]] = [[], []];
      const ratios: number[] = [];
      const idle = await memory(container);
      let most = 0;
      for (let round = 0; round < rounds; round += 1) {
        const begun = performance.now();
        const during = await withBackup(stack, container);
        most = Math.max(most, during.most);
        const without = await latencies(stack, sleep(performance.now() - begun));
        busy.push(...during.times);
        quiet.push(...without);
        ratios.push(share(during.times, 0.99) / share(without, 0.99));
      }
      const row = (name: string, times: readonly number[]) =>
        `| ${name} | ${times.length} | ${share(times, 0.5).toFixed(0)} ms | ${share(times, 0.99).toFixed(0)} ms |`;
      const ratio = spreadOf(ratios);
      return [
        `A prod stack of two replicas and ${mebibytes} MiB; ${clients} people who pause for ${pause} ms between answers, three reads for each write; ${rounds} rounds.`,
        "",
        "| | answers | median | 99th percentile |",
        "| --- | --- | --- | --- |",
        row("while a full backup is made", busy),
        row("without one", quiet),
        "",
        `99th percentile with a backup to without, round by round: ${ratio.median.toFixed(2)} (${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)}); the goal is 1.3.`,
        "",
        `Memory of the container of backups, without cached files: ${idle.toFixed(0)} MiB before, at most ${most.toFixed(0)} MiB while it makes one; the goal is 128 MiB more.`,
      ];
    } finally {
      await stack.deployment.remove();
    }
  },
};
