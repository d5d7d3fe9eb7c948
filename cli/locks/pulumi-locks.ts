import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { identify, startTime } from "../../system/process-identity.ts";
import type { LockRecord } from "./lock-record.ts";

/** What Pulumi's file backend writes into a lock file (pulumi/pulumi, pkg/backend/diy/lock.go). */
const content = z.object({
  pid: z.number().int().positive(),
  username: z.string(),
  hostname: z.string(),
  timestamp: z.coerce.date(),
});

/**
 * Clocks of the kernel and of the wall drift apart by less than this between a process's start and
 * its lock.
 */
const slackS = 5;

/** Locks that Pulumi itself holds on a stack in a backend on this disk, as lock records. */
export function pulumiLocks(backendFolder: string, project: string, stack: string): LockRecord[] {
  const folder = join(backendFolder, ".pulumi", "locks", "organization", project, stack);
  return filesIn(folder)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => {
      try {
        const lock = content.parse(JSON.parse(readFileSync(join(folder, name), "utf8")));
        return [asRecord(name, lock)];
      } catch {
        // Given back in between.
        return [];
      }
    });
}

/**
 * Whether the process that wrote one of these locks still runs; a later process with the same id
 * does not count.
 */
export function pulumiRuns(record: LockRecord): boolean {
  if (identify(record.pid) === undefined) return false;
  const started = startTime(record.pid);
  return started === undefined || started.getTime() / 1000 <= Date.parse(record.since) / 1000 + slackS;
}

function asRecord(name: string, lock: z.infer<typeof content>): LockRecord {
  return {
    run: name,
    pid: lock.pid,
    started: "",
    user: lock.username,
    host: lock.hostname,
    since: lock.timestamp.toISOString(),
    command: "pulumi",
  };
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
