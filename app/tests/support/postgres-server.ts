import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { canRunImages, providedImage } from "./docker-image.ts";
import { freePort } from "./free-port.ts";

const run = promisify(execFile);

/** A Postgres of the tests' own. */
export interface PostgresServer {
  /** Address of a superuser on the database `postgres`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Nothing these tests write has to survive a power cut. */
const careless = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"];
const patience = 60_000;

async function untilItAnswers(url: string): Promise<void> {
  for (const deadline = Date.now() + patience; ;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 });
    // The image's entrypoint restarts Postgres once; the answer that counts comes over TCP.
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

async function startContainer(): Promise<PostgresServer> {
  const reference = await providedImage("postgres");
  const name = `berth-app-test-${randomBytes(4).toString("hex")}`;
  const settings = careless.flatMap((setting) => ["-c", setting]);
  const password = randomBytes(12).toString("hex");
  const environment = { ...process.env, POSTGRES_PASSWORD: password };
  const flags = ["--detach", "--rm", "--name", name, "--label", "berth.part=test", "--tmpfs", "/scratch"];
  const published = [
    "--publish",
    "127.0.0.1::5432",
    "--env",
    "POSTGRES_PASSWORD",
    "--env",
    "PGDATA=/scratch/data",
  ];
  await run("docker", ["run", ...flags, ...published, reference, "postgres", ...settings], {
    env: environment,
  });
  const stop = async () => {
    await run("docker", ["rm", "--force", "--volumes", name]);
  };
  try {
    const { stdout: address } = await run("docker", ["port", name, "5432/tcp"]);
    const url = `postgres://postgres:${password}@${address.split("\n")[0] ?? ""}/postgres`;
    await untilItAnswers(url);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function installedPrograms(): Promise<string | undefined> {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? await readdir(root) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest ? join(root, newest, "bin") : undefined;
}

async function startInstalled(programs: string): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), "berth-app-test-"));
  // Postgres refuses to run as root.
  const asRoot = process.getuid?.() === 0;
  const as = (program: string, parameters: string[]): [string, string[]] =>
    asRoot
      ? ["setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", program, ...parameters]]
      : [program, parameters];
  if (asRoot) await run("chown", ["postgres", folder]);
  await chmod(folder, 0o755);
  const data = join(folder, "data");
  await run(
    ...as(join(programs, "initdb"), [
      "-D",
      data,
      "-U",
      "postgres",
      "-A",
      "trust",
      "-E",
      "UTF8",
      "--locale=C.UTF-8",
    ]),
  );
  const port = await freePort();
  const settings = [...careless, "listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`];
  const server = spawn(
    ...as(join(programs, "postgres"), [
      "-D",
      data,
      "-p",
      String(port),
      ...settings.flatMap((text) => ["-c", text]),
    ]),
    { stdio: "ignore" },
  );
  const stop = async () => {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGQUIT");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    await untilItAnswers(url);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Gives the tests a Postgres: the one at `TEST_DATABASE_URL` (a superuser's address), else a
 * throw-away container of the image that stacks run, else Debian's Postgres if it is installed.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const given = process.env["TEST_DATABASE_URL"];
  if (given) return { url: given, stop: () => Promise.resolve() };
  if (await canRunImages()) return startContainer();
  const programs = await installedPrograms();
  if (programs) return startInstalled(programs);
  throw new Error(
    "The tests need a Postgres: start Docker, install Debian's postgresql, or set TEST_DATABASE_URL to the address of a superuser.",
  );
}
