import type { AppConfig } from "../../stacks/app.ts";
import type { BackupsConfig } from "../../stacks/backups.ts";
import type { CacheConfig } from "../../stacks/cache.ts";
import type { DatabaseConfig } from "../../stacks/database.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";

/** Upper bounds of one container. */
export interface Limits {
  /** Memory, in MiB; swap is not added on top. */
  readonly memory: number;
  /** Processes and threads, enforced by the kernel's pids controller. */
  readonly pids: number;
  /** Weight beside the other containers while processors are short; 1024 is what Docker gives. */
  readonly cpuShares: number;
  /** Processors at most, for what nothing waits for; all of the host's if unset. */
  readonly cpus?: number;
}

/** A replica. A Node process has about 12 threads, and 64 processes is the most. */
export function appLimits({ appMemory }: AppConfig): Limits {
  return { memory: appMemory, pids: 16 * 64 + 256, cpuShares: 1024 };
}

/** The worker: jobs give way to requests. */
export function workerLimits(app: AppConfig): Limits {
  return { ...appLimits(app), cpuShares: 512 };
}

/**
 * Postgres forks one process a connection; the other hundred are for its own workers. Everything
 * waits for it.
 */
export function databaseLimits({ databaseMaxConnections, databaseMemory }: DatabaseConfig): Limits {
  return { memory: databaseMemory, pids: databaseMaxConnections + 100, cpuShares: 2048 };
}

/** Redis. */
export function cacheLimits({ cacheMemory }: CacheConfig): Limits {
  return { memory: cacheMemory, pids: 32, cpuShares: 1024 };
}

/** Nginx. */
export function proxyLimits({ proxyMemory }: EdgeConfig): Limits {
  return { memory: proxyMemory, pids: 128, cpuShares: 2048 };
}

/**
 * The container that holds the proxy's listening sockets, whose Perl needs about 10 MiB. The number
 * of processes is Nginx's own, because in stacks of an earlier version one runs there.
 */
export const proxyListenerLimits: Limits = { memory: 32, pids: 128, cpuShares: 1024 };

/** Certbot, whose Python needs about 70 MiB while it orders. */
export const certbotLimits: Limits = { memory: 192, pids: 64, cpuShares: 256, cpus: 0.5 };

/** Backups: they give way to everything that people wait for. */
export function backupLimits({ backupMemory }: BackupsConfig): Limits {
  return { memory: backupMemory, pids: 128, cpuShares: 256 };
}

/** The watcher, whose Python needs about 30 MiB: it gives way to everything that it watches. */
export const watcherLimits: Limits = { memory: 64, pids: 32, cpuShares: 256, cpus: 0.5 };

/** Adminer. */
export const adminerLimits: Limits = { memory: 128, pids: 64, cpuShares: 256, cpus: 0.5 };
