import type { z } from "zod";
import { type accountFields, accountsPart } from "./accounts.ts";
import { mediaPart } from "./media.ts";
import type { commonFields } from "./fields.ts";
import type { AppShape, DatabaseShape, LogLevel, PublishedPort, StackShape } from "./shape.ts";

type Accounts = z.output<z.ZodObject<typeof accountFields>>;
type Common = z.output<z.ZodObject<typeof commonFields>>;

/** A port bound to the loopback address of the Docker host. */
export function loopback(part: string, setting: string, port: number): PublishedPort {
  return { part, setting, address: "127.0.0.1", port };
}

/** What the settings of every stack say of the stack as a whole. */
export function stackPart(stack: string, settings: Common) {
  return {
    stack,
    imageSource: settings.imageSource,
    ...(settings.dockerHost === undefined ? {} : { dockerHost: settings.dockerHost }),
    timeZone: settings.timeZone,
    locale: settings.locale,
    ...mediaPart(settings),
  } satisfies Partial<StackShape>;
}

/** What the settings of every stack say of the application; a Node process has about 12 threads, and 64 workers is the most. */
export function appPart(settings: Common & Accounts & { logLevel: LogLevel }) {
  return {
    logLevel: settings.logLevel,
    drainTimeout: settings.drainTimeout,
    rateLimit: settings.rateLimit,
    publicUrls: settings.publicUrl,
    accounts: accountsPart(settings),
    secrets: settings.secrets,
    ...(settings.tracesEndpoint === undefined
      ? {}
      : { traces: { endpoint: settings.tracesEndpoint, share: settings.tracesShare / 100 } }),
    limits: { memory: settings.appMemory, pids: 16 * 64 + 256, cpuShares: 1024 },
  } satisfies Partial<AppShape>;
}

/** Postgres forks one process a connection; the other hundred are for its own workers. */
export function databasePart(settings: Common): DatabaseShape {
  return {
    maxConnections: settings.databaseMaxConnections,
    poolMax: settings.databasePoolMax,
    limits: {
      memory: settings.databaseMemory,
      pids: settings.databaseMaxConnections + 100,
      // Everybody waits for the database.
      cpuShares: 2048,
    },
  };
}
