import type { z } from "zod";

/** What a handler may know of the try it runs in. */
export interface JobRun {
  readonly id: string;
  /** Fires when the worker shuts down and the job should hurry or give up. */
  readonly signal: AbortSignal;
}

/**
 * A kind of job. Its queue has the same name; what keeps failing ends in the queue `<name>.dead`.
 */
export interface Job {
  readonly name: string;
  readonly data: z.ZodType;
  /** Cron line in UTC, for a job that runs by the clock. */
  readonly schedule?: string;
  /** Further tries after the first, default 5. */
  readonly retries?: number;
  /** Seconds a try may take, default 300. */
  readonly timeout?: number;
  /**
   * Jobs that one fetch takes, default 20. A kind whose jobs take long says 1, so that other
   * processes get the next one.
   */
  readonly batch?: number;
  /** Tries that one process runs at once, default 2. */
  readonly parallel?: number;
  readonly run: (data: unknown, run: JobRun) => Promise<void>;
}

interface JobSpec<Data> extends Omit<Job, "data" | "run"> {
  readonly data: z.ZodType<Data>;
  readonly run: (data: Data, run: JobRun) => Promise<void>;
}

/** Declares a job; its handler's argument is typed by its schema. */
export function defineJob<Data>(spec: JobSpec<Data>): Job {
  return { ...spec, run: async (data, run) => spec.run(spec.data.parse(data), run) };
}
