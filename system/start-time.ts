import { readFileSync } from "node:fs";

/** The kernel tells start times in hundredths of a second to every program, whatever it counts in (USER_HZ, proc(5)). */
const TICKS_PER_SECOND = 100;

/** When a process of this machine began; undefined where there is none, or no /proc. */
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
  const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  const boot = Number(/^btime (\d+)$/m.exec(system)?.[1]);
  const seconds = boot + ticks / TICKS_PER_SECOND;
  return Number.isFinite(seconds) ? new Date(seconds * 1000) : undefined;
}
