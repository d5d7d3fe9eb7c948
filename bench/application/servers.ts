import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finish } from "../../tests/support/docker.ts";
import { freePorts } from "../../tests/support/free-ports.ts";
import { peerPackages } from "./peer-packages.ts";
import { type ServerProcess, startServer } from "./server-process.ts";
import { type Stores, startStores } from "./stores.ts";

const app = join(import.meta.dirname, "../../app");
const account = { email: "anna@example.test", password: "a rather long pass phrase" };
/** Connections to Postgres of each server. */
const pool = "10";
const database = "app";

/** What the proxy of a stack adds to a request, and a browser sends. */
const proxied: Readonly<Record<string, string>> = {
  Host: "example.org",
  "X-Forwarded-For": "198.51.100.7",
  "X-Forwarded-Proto": "https",
  "X-Request-Id": "0123456789abcdef0123456789abcdef",
  "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  Accept: "application/json",
  "Accept-Language": "en-GB,en;q=0.9",
};

/** A server, and the headers that it knows a person by. */
export interface Server extends ServerProcess {
  readonly headers: Readonly<Record<string, string>>;
}

export const serverNames = ["berth", "bare", "conventional"] as const;
export type ServerName = (typeof serverNames)[number];

export interface Servers {
  readonly servers: Readonly<Record<ServerName, Server>>;
  readonly stop: () => Promise<void>;
}

async function call(port: number, path: string, init: RequestInit = {}): Promise<Response> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    ...init,
    headers: { ...proxied, ...(init.headers as Record<string, string> | undefined) },
  });
  if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
  return answer;
}

const cookiesOf = (answer: Response) =>
  answer.headers
    .getSetCookie()
    .filter((cookie) => !cookie.includes("Max-Age=0"))
    .map((cookie) => cookie.split(";")[0])
    .join("; ");

async function signIn(port: number, path: string): Promise<string> {
  const body = JSON.stringify(account);
  return cookiesOf(
    await call(port, path, { method: "POST", body, headers: { "Content-Type": "application/json" } }),
  );
}

async function runApp(env: Record<string, string>, args: readonly string[], stdin = ""): Promise<void> {
  const { status, stdout, stderr } = await finish(process.execPath, args, { cwd: app, env, stdin });
  if (status !== 0) throw new Error(`${args.join(" ")}: ${stdout.slice(-1000)}${stderr.slice(-2000)}`);
}

/** The settings that a prod stack gives one web process of the application. */
function appSettings({ postgres, redis }: Stores, folder: string): Record<string, string> {
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  return {
    STACK: "bench",
    APP_ENV: "production",
    HOST: "127.0.0.1",
    RELEASE: "r-bench",
    JOBS: "worker",
    RATE_LIMIT: "1000000",
    TRUST_PROXY: "1",
    PUBLIC_URL: "https://example.org",
    REGISTRATION: "closed",
    DATABASE_HOST: "127.0.0.1",
    DATABASE_PORT: String(postgres.port),
    DATABASE_NAME: database,
    DATABASE_USER: "postgres",
    DATABASE_PASSWORD_FILE: file("password", postgres.password),
    DATABASE_POOL_MAX: pool,
    SESSION_KEYS_FILE: file("session-keys", randomBytes(32).toString("hex")),
    REDIS_URL: redis,
    MEDIA_DIR: folder,
  };
}

const rows = 10_000;
const fill = `insert into customers (name, email, company, city, notes)
  select 'Customer ' || n, 'customer' || n || '@example.test', 'Company ' || n % 100, 'City ' || n % 50, 'A note of some length.'
  from generate_series(1, ${rows}) as n; analyze`;

/** Ids of the rows that are read. */
export const someId = () => 1 + Math.floor(Math.random() * rows);

/**
 * Starts the application and its peers on one database, each as one process with a person signed
 * in.
 *
 * @param profile folder that gets a processor profile of the application
 */
export async function startServers(profile?: string): Promise<Servers> {
  if (!existsSync(join(app, "node_modules")))
    throw new Error("The application's packages are missing: run `npm ci` in app/ first.");
  const peers = await peerPackages();
  const folder = mkdtempSync(join(tmpdir(), "berth-bench-"));
  const stores = await startStores();
  const started: ServerProcess[] = [];
  const stop = async () => {
    for (const server of started) await server.stop();
    await stores.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await stores.sql("postgres", `create database ${database}`);
    const settings = appSettings(stores, folder);
    await runApp(settings, ["src/migrate.ts", "up"]);
    const admin = ["src/create-admin.ts", "--email", account.email, "--password-stdin"];
    await runApp(settings, admin, account.password);
    await stores.sql(database, fill);
    const [berthPort = 0, metricsPort = 0, barePort = 0, conventionalPort = 0] = await freePorts(4);
    const ofPeers = {
      PGHOST: "127.0.0.1",
      PGPORT: String(stores.postgres.port),
      PGUSER: "postgres",
      PGPASSWORD: stores.postgres.password,
      PGDATABASE: database,
      POOL_MAX: pool,
      SESSION_SECRET: randomBytes(32).toString("hex"),
    };
    const start = async (name: ServerName, program: string, port: number, env: Record<string, string>) => {
      const server = await startServer(name, [program], port, env);
      started.push(server);
      return server;
    };
    const berth = await start("berth", join(app, "src/main.ts"), berthPort, {
      ...settings,
      METRICS_PORT: String(metricsPort),
      ...(profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile}` }),
    });
    const bare = await start("bare", join(peers, "bare.mjs"), barePort, ofPeers);
    const conventional = await start(
      "conventional",
      join(peers, "conventional.mjs"),
      conventionalPort,
      ofPeers,
    );
    const cookie = await signIn(berthPort, "/api/v1/session");
    const session = await call(berthPort, "/api/v1/session", { headers: { Cookie: cookie } });
    const { csrfToken } = (await session.json()) as { csrfToken: string };
    return {
      servers: {
        berth: { ...berth, headers: { ...proxied, Cookie: cookie, "X-CSRF-Token": csrfToken } },
        bare: { ...bare, headers: proxied },
        conventional: {
          ...conventional,
          headers: { ...proxied, Cookie: await signIn(conventionalPort, "/sign-in") },
        },
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
