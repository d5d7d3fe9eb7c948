import { readFileSync } from "node:fs";

/** A process, such that a later one with the same id is not taken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot id of the kernel and start time in clock ticks after boot; empty where the system has no /proc. */
  readonly started: string;
}

/** The process with this id as it is now, or undefined where there is none. A zombie is none: it only waits to be noticed. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return undefined;
  }
  const [state, ...fields] = statFields(pid);
  if (state === "Z") return undefined;
  const ticks = fields[18];
  return { pid, started: ticks === undefined ? "" : `${bootId()}/${ticks}` };
}

/** Whether exactly this process still runs. */
export function isRunning(process: ProcessIdentity): boolean {
  return identify(process.pid)?.started === process.started;
}

/** proc(5): the fields after the command's name in parentheses, which may itself hold spaces and parentheses. */
function statFields(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
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
