import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import type { TestDatabase } from "./test-database.ts";

const source = join(import.meta.dirname, "..", "..", "src");
const { NODE_COMPILE_CACHE: cacheFolder } = process.env;
/**
 * Where the code that programs run is found compiled, as for the tests themselves: a start is half
 * the work.
 */
export const compileCache = cacheFolder === undefined ? {} : { NODE_COMPILE_CACHE: cacheFolder };
/** Milliseconds after which a test gives up; generous, because nothing here is about speed. */
const patience = 90_000;

/** A program of the app that runs as a process of its own. */
export interface Program {
  readonly child: ChildProcess;
  readonly url: string;
  readonly metricsUrl: string;
  /** Everything it has written so far. */
  readonly output: () => string;
  /** Its exit code, once it has ended. */
  readonly ended: () => Promise<number | null>;
}

/**
 * Starts a program of `app/src` on a database, with an environment of its own: nothing of the
 * tests' settings leaks in.
 *
 * @param folder takes the file with the database's password
 */
export async function startProgram(
  program: string,
  { config }: Pick<TestDatabase, "config">,
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const { host, port: databasePort, name, user, password } = config;
  const passwordFile = join(folder, "password");
  if (password !== undefined) await writeFile(passwordFile, password, { mode: 0o600 });
  const child = spawn(process.execPath, [join(source, program)], {
    env: {
      PATH: process.env["PATH"] ?? "",
      ...compileCache,
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      DATABASE_HOST: host,
      DATABASE_PORT: String(databasePort),
      DATABASE_NAME: name,
      DATABASE_USER: user,
      ...(password === undefined ? {} : { DATABASE_PASSWORD_FILE: passwordFile }),
      ...environment,
    },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const end = new Promise<number | null>((resolve) => {
    child.once("exit", resolve);
  });
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    output: () => text,
    ended: () => end,
  };
}

/** Waits until `condition` holds. @param what shown when it never does */
export async function until(condition: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
  const deadline = Date.now() + patience;
  while (!(await condition())) {
    await sleep(50);
    if (Date.now() > deadline) throw new Error(`never happened: ${what()}`);
  }
}

/** Whether a web process may get traffic. */
export async function isReady({ url }: Program): Promise<boolean> {
  return fetch(`${url}/health/ready`).then(
    ({ status }) => status === 200,
    () => false,
  );
}

/** A web process that leaves jobs to a worker, and that worker. */
export interface Pair {
  readonly web: Program;
  readonly worker: Program;
  /** Ends them at once. */
  readonly kill: () => Promise<void>;
}

/**
 * Starts both on one database, and waits until they are ready. @param workerOnly further variables
 * of the worker
 */
export async function startPair(
  home: Pick<TestDatabase, "config">,
  folder: string,
  environment: Readonly<Record<string, string>>,
  workerOnly: Readonly<Record<string, string>> = {},
): Promise<Pair> {
  const both = { JOBS: "worker", RATE_LIMIT: "0", ...environment };
  const web = await startProgram("main.ts", home, folder, both);
  const worker = await startProgram("worker.ts", home, folder, { ...both, ...workerOnly });
  const kill = async () => {
    for (const { child } of [web, worker]) child.kill("SIGKILL");
    await Promise.all([web.ended(), worker.ended()]);
  };
  try {
    await until(() => isReady(web), web.output);
    await until(() => worker.output().includes("working off jobs"), worker.output);
  } catch (error) {
    await kill();
    throw error;
  }
  return { web, worker, kill };
}

/** Registers a person, which queues a mail to them. */
export async function register({ url }: Program, email: string): Promise<void> {
  const answer = await fetch(`${url}/api/v1/account/registrations`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email, name: "W", password: "a quiet harbour" }),
  });
  if (answer.status !== 202) throw new Error(`Registering was answered ${answer.status}.`);
}
