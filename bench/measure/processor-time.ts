import { readFileSync } from "node:fs";

/** Ticks a second in /proc, which Linux has fixed for programs at 100. */
const ticks = 100;

/**
 * Seconds of processor time that a process has used with all its threads. It counts only what ran,
 * so that other work on the machine hardly changes it.
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}
