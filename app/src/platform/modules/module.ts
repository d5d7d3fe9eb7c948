import type { Config } from "../../config.ts";
import type { Cache } from "../cache/cache.ts";
import type { Database } from "../database/open-database.ts";
import type { Route } from "../http/route.ts";
import type { Job } from "../jobs/job.ts";
import type { JobQueue } from "../jobs/job-queue.ts";
import type { Logger } from "../log/create-logger.ts";
import type { Mailer } from "../mail/mailer.ts";
import type { Resource } from "../resources/resource.ts";
import type { ResourceService } from "../resources/resource-service.ts";

/** What the platform gives a module's routes. */
export interface ModuleDeps {
  readonly config: Config;
  readonly log: Logger;
  readonly database: Database;
  readonly cache: Cache;
  readonly queue: JobQueue;
  /** The service of a resource, by its name. */
  readonly resources: ReadonlyMap<string, ResourceService>;
}

/** What the platform gives a module's jobs. */
export interface JobDeps extends Omit<ModuleDeps, "queue"> {
  readonly mailer: Mailer;
}

/**
 * A module as its `module.ts` exports it, under the name `module`. Its folder's name is the
 * module's name; the migrations in its folder `migrations` are found by themselves. Every part may
 * be left out.
 */
export interface AppModule {
  /** Tables served by the API and the admin interface. */
  readonly resources?: readonly Resource[];
  /** Makes further routes. Opens nothing. */
  readonly routes?: (deps: ModuleDeps) => readonly Route[];
  /** Makes the module's jobs. */
  readonly jobs?: (deps: JobDeps) => readonly Job[];
  /** Puts sample data into the database; may run again and again. */
  readonly seed?: (database: Database) => Promise<void>;
}

/** A module with the folder it was found in. */
export interface FoundModule extends AppModule {
  readonly name: string;
  readonly folder: string;
}
