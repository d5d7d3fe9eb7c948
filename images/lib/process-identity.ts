import { readFileSync } from "node:fs";

/** A process, told apart from a later one, or one of another machine, that has the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot of the machine and start time in clock ticks since; empty where the system does not tell (not Linux). */
  readonly startedAt: string;
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startedAt: startTime(process.pid) };
}

/** Whether that very process still runs on this machine. */
export function isRunning(owner: ProcessIdentity): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it runs, and belongs to another user.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return owner.startedAt === startTime(owner.pid);
}

function startTime(pid: number): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // proc_pid_stat(5): field 22, counted after the command name, which may hold spaces and parentheses itself.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return `${boot}/${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`;
  } catch {
    return "";
  }
}
