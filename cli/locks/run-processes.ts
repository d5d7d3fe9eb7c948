import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { identify, isRunning, type ProcessIdentity } from "../../system/process-identity.ts";

/** Variable that every child of one run inherits; its value is the run's id. */
export const runVariable = "BERTH_RUN";

/** A process that some run started. */
export interface RunProcess extends ProcessIdentity {
  readonly name: string;
}

/** Pulumi gets this long to finish what it is doing and write its state. */
const graceMs = 20_000;
const termMs = 3_000;
const pollMs = 100;
const killRounds = 5;

/**
 * The processes that inherited a variable with this value, found by their environment; none if
 * there is no /proc.
 */
export function processesWith(variable: string, value: string): RunProcess[] {
  const wanted = `${variable}=${value}`;
  return pids().flatMap((pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(wanted)) return [];
      const identity = identify(pid);
      const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
      return identity === undefined ? [] : [{ ...identity, name }];
    } catch {
      // Another user's process, or one that has just ended.
      return [];
    }
  });
}

/** Ends what a killed run of berth left running. */
export async function endRun(run: string, say: (line: string) => void): Promise<number> {
  return endProcesses(() => processesWith(runVariable, run), say);
}

/**
 * Ends processes: Pulumi is asked to stop, which writes its state and ends its children; then what
 * is still there.
 * @param find the processes as they are now
 * @param say takes a line about what is ended
 * @returns how many there were
 */
export async function endProcesses(find: () => RunProcess[], say: (line: string) => void): Promise<number> {
  const found = find();
  if (found.length === 0) return 0;
  const names = [...new Set(found.map(({ name }) => name))].join(", ");
  say(`ending ${found.length} left processes: ${names}`);
  const pulumi = found.filter(({ name }) => name === "pulumi");
  signal(pulumi, "SIGINT");
  await gone(pulumi, graceMs);
  signal(find(), "SIGTERM");
  await gone(found, termMs);
  // What is killed may have started something a moment before.
  for (let rest = find(), round = 0; rest.length > 0 && round < killRounds; rest = find(), round += 1) {
    signal(rest, "SIGKILL");
    await gone(rest, termMs);
  }
  return found.length;
}

function signal(processes: readonly RunProcess[], name: NodeJS.Signals): void {
  for (const entry of processes) {
    try {
      if (isRunning(entry)) process.kill(entry.pid, name);
    } catch {
      // Ended in between.
    }
  }
}

async function gone(processes: readonly RunProcess[], milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  while (performance.now() < end && processes.some(isRunning)) await sleep(pollMs);
}

function pids(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}
