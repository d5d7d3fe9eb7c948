import { readFileSync } from "node:fs";

/** A process, such that a later one with the same id is not taken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /**
   * Boot id of the kernel and start time in clock ticks after boot; empty where the system has no
   * /proc.
   */
  readonly started: string;
}

/**
 * The process with this id as it is now, or undefined if there is none. A zombie is none: it only
 * waits to be noticed.
 */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists and belongs to another user.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return undefined;
  }
  const fields = statOf(pid);
  if (fields[0] === "Z") return undefined;
  const ticks = fields[startField];
  return { pid, started: ticks === undefined ? "" : `${bootId()}/${ticks}` };
}

/** Whether exactly this process still runs. */
export function isRunning(process: ProcessIdentity): boolean {
  return identify(process.pid)?.started === process.started;
}

/**
 * The kernel tells start times in hundredths of a second to every program, whatever it counts in
 * (USER_HZ, proc(5)).
 */
const ticksPerSecond = 100;

/** When a process of this machine began; undefined if there is none, or no /proc. */
export function startTime(pid: number): Date | undefined {
  try {
    return parseStartTime(readFileSync(`/proc/${pid}/stat`, "utf8"), readFileSync("/proc/stat", "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * @param stat /proc/<pid>/stat
 * @param system /proc/stat, whose `btime` is the time of boot in seconds
 */
export function parseStartTime(stat: string, system: string): Date | undefined {
  const ticks = Number(fieldsOf(stat)[startField]);
  const boot = Number(/^btime (\d+)$/m.exec(system)?.[1]);
  const seconds = boot + ticks / ticksPerSecond;
  return Number.isFinite(seconds) ? new Date(seconds * 1000) : undefined;
}

/** Index of the start time among {@link fieldsOf}. */
const startField = 19;

/**
 * proc(5): the fields after the command's name in parentheses, which may itself hold spaces and
 * parentheses.
 */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function statOf(pid: number): string[] {
  try {
    return fieldsOf(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return [];
  }
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}
