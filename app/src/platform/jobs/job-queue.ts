import { SpanKind } from "@opentelemetry/api";
import type { PgBoss } from "pg-boss";
import { outside } from "../database/follow-transactions.ts";
import type { Database } from "../database/open-database.ts";
import type { Logger } from "../log/create-logger.ts";
import { contextFrom, traced, traceParent } from "../tracing/spans.ts";
import type { Job } from "./job.ts";
import { defaultBatch, heartbeatSeconds, type Taken, type Working, workOff } from "./work-off.ts";

/** Puts jobs into the queue. */
export interface JobQueue {
  /**
   * Makes sure that `send` needs no connection of its own. Await it before a transaction that
   * sends: a holder of one connection and waits for a second one can wait for ever.
   */
  ready(): Promise<void>;
  /**
   * Queues a job.
   *
   * @param transaction the job exists only if this transaction commits.
   */
  send(name: string, data: object, transaction?: Database): Promise<void>;
}

/** The queue of a process: sends, and works if told to. */
export interface RunningQueue extends JobQueue {
  /** Starts working off `jobs`. */
  work(jobs: readonly Job[]): Promise<void>;
  /**
   * Stops taking jobs, gives running ones `seconds` to end, and returns unfinished ones to the
   * queue.
   */
  stop(seconds: number): Promise<void>;
}

/**
 * Loaded by the first job: it is a tenth of a start's work, and a process that only answers
 * requests may never need it.
 */
const pgBoss = () => import("pg-boss");

/** Schema that pg-boss keeps its tables in. */
const jobSchema = "jobs";
/** Seconds until the first repeat; each further one waits twice as long. */
const firstRetry = 10;
const defaults = { retries: 5, timeout: 300 };
/** A finished job is kept this long for people to look at. */
const keepSeconds = 7 * 24 * 3600;

/** Where a job's data says which trace it was queued in, while one is kept. */
export const parentField = "traceparent";

/** https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
function spanAttributes(name: string) {
  return { "messaging.system": "pg-boss", "messaging.destination.name": name };
}

export function deadQueue(name: string): string {
  return `${name}.dead`;
}

async function ensureQueues(boss: PgBoss, jobs: readonly Job[]): Promise<void> {
  const known = new Set((await boss.getQueues()).map(({ name }) => name));
  for (const job of jobs) {
    const dead = deadQueue(job.name);
    const options = {
      retryLimit: job.retries ?? defaults.retries,
      retryDelay: firstRetry,
      retryBackoff: true,
      // From the fetch on: the last of a batch begins when those before it have ended.
      expireInSeconds: (job.timeout ?? defaults.timeout) * (job.batch ?? defaultBatch),
      heartbeatSeconds,
      deleteAfterSeconds: keepSeconds,
      deadLetter: dead,
    };
    if (!known.has(dead)) await boss.createQueue(dead, { retentionSeconds: 30 * 24 * 3600 });
    if (known.has(job.name)) await boss.updateQueue(job.name, options);
    else await boss.createQueue(job.name, options);
  }
}

/**
 * Ends with `run`, when its time is over, or when `stop` fires; in both of these the signal that
 * `run` gets has fired.
 */
async function within(seconds: number, stop: AbortSignal, run: (signal: AbortSignal) => Promise<void>) {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new Error(`it took longer than ${seconds} s`));
  }, seconds * 1000);
  const signal = AbortSignal.any([stop, late.signal]);
  const over = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => {
      reject(signal.reason as Error);
    });
  });
  try {
    await Promise.race([run(signal), over]);
  } finally {
    clearTimeout(timer);
  }
}

/** One try of one job, as part of the trace it was queued in. */
async function runJob(job: Job, { id, data: queued }: Taken, stop: AbortSignal, log: Logger): Promise<void> {
  const started = performance.now();
  const { [parentField]: parent, ...data } = (queued ?? {}) as Readonly<Record<string, unknown>>;
  const trace = contextFrom(typeof parent === "string" ? parent : undefined);
  const attributes = { ...spanAttributes(job.name), "messaging.message.id": id };
  const work = () => within(job.timeout ?? defaults.timeout, stop, (signal) => job.run(data, { id, signal }));
  try {
    await traced(`${job.name} process`, SpanKind.CONSUMER, attributes, work, trace);
    log.info({ job: job.name, id, milliseconds: Math.round(performance.now() - started) }, "job done");
  } catch (error) {
    log.warn({ job: job.name, id, err: error }, "job failed; it is repeated or ends in the dead letters");
    throw error;
  }
}

/**
 * Opens the queue over the process's own pool. The tables come from a migration; while that has not
 * run, sending fails and the process is not ready.
 *
 * @param jobs every kind of job there is: their queues are made on first use.
 */
export function openJobQueue(database: Database, jobs: readonly Job[], log: Logger): RunningQueue {
  const create = async (works: boolean) => {
    const { fromKnex, PgBoss: Boss } = await pgBoss();
    const boss = new Boss({
      db: fromKnex(database),
      schema: jobSchema,
      migrate: false,
      createSchema: false,
      supervise: works,
      schedule: works,
      reindex: false,
      monitorVacuum: false,
    });
    boss.on("error", (error) => {
      log.warn({ err: error }, "the job queue met an error; it goes on trying");
    });
    boss.on("warning", (warning) => {
      log.warn({ warning }, "the job queue warns");
    });
    return boss;
  };
  const start = async (works: boolean): Promise<PgBoss> => {
    // A second one: only what a boss finds at its start it knows without asking, over a connection
    // of its own.
    const setUp = await create(false);
    await setUp.start();
    await ensureQueues(setUp, jobs);
    await setUp.stop({ graceful: false, close: false });
    const boss = await create(works);
    return boss.start();
  };

  let sender: Promise<PgBoss> | undefined;
  let worker: PgBoss | undefined;
  const working: Working[] = [];
  const giveBack = async (name: string, taken: readonly Taken[]) => {
    const ids = taken.map(({ id }) => id);
    const untouched = { state: "created", started_on: null, heartbeat_on: null };
    await database(`${jobSchema}.job`).whereIn("id", ids).where({ name, state: "active" }).update(untouched);
  };
  const sending = () => {
    // What it keeps running must not belong to the request that was the first to send.
    sender ??= outside(() => start(false)).catch((error: unknown) => {
      sender = undefined;
      throw error;
    });
    return sender;
  };

  return {
    async ready() {
      await sending();
    },
    async send(name, data, transaction) {
      const boss = await sending();
      const { fromKnex } = await pgBoss();
      await traced(`${name} send`, SpanKind.PRODUCER, spanAttributes(name), async () => {
        const parent = traceParent();
        const traceable = parent === undefined ? data : { ...data, [parentField]: parent };
        return boss.send(name, traceable, transaction ? { db: fromKnex(transaction) } : {});
      });
    },
    async work(kinds) {
      worker = await start(true);
      for (const job of kinds) {
        working.push(
          workOff({
            boss: worker,
            job,
            log,
            run: (taken, signal) => runJob(job, taken, signal, log),
            giveBack: (taken) => giveBack(job.name, taken),
          }),
        );
        if (job.schedule) await worker.schedule(job.name, job.schedule, {}, { tz: "UTC" });
      }
    },
    async stop(seconds) {
      await Promise.all(working.splice(0).map((kind) => kind.stop(seconds)));
      await worker?.stop({ graceful: false, close: false });
      const boss = await sender?.catch(() => undefined);
      await boss?.stop({ graceful: false, close: false });
    },
  };
}
