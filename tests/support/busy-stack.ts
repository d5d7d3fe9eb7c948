import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import type { EdgeConfig } from "../../stacks/edge.ts";
import type { Deployment } from "./deployment.ts";
import { docker, finish } from "./docker.ts";
import { ask } from "./edge-client.ts";
import { addEventStream } from "./event-stream.ts";
import { mixedLoad, type LoadReport } from "./mixed-load.ts";
import { prodDeployment } from "./prod-deployment.ts";

/** The administrator of a busy stack. */
export const account = { email: "anna@example.test", password: "a rather long pass phrase" };

/** A deployed prod stack that people use while it changes. */
export interface BusyStack {
  readonly deployment: Deployment;
  readonly edge: EdgeConfig;
  /** Release that answers, as its `X-Release` says. */
  running(): Promise<string>;
  /** Changes settings; the next `up` deploys them. */
  configure(changed: Readonly<Record<string, string>>): void;
  /** Changes the application's code by a line that does nothing. */
  edit(line: string): void;
  /**
   * Writes a migration of the application, in the copy.
   * @returns takes it away
   */
  migrate(name: string, text: string): () => void;
  /** Whether plain Pulumi would change anything: it must not. */
  expectNoChanges(): Promise<void>;
  /** What a query on the application's database prints. */
  sql(text: string): Promise<string>;
  /**
   * Does something under a mixed load: no request may fail, no write be lost or doubled, no session
   * end.
   */
  unnoticed(context: TestContext, change: () => Promise<unknown>): Promise<void>;
  /**
   * The same for what may cost a write that was under way: reads are served, and nothing is lost or
   * doubled.
   */
  unnoticedByReaders(context: TestContext, change: () => Promise<unknown>): Promise<void>;
  /**
   * The same for what stops Postgres: only the statements that are under way may fail, which is one
   * a client, with an answer that says so.
   */
  survived(context: TestContext, change: () => Promise<unknown>): Promise<void>;
  /**
   * The same for what stops the proxy: connections may be refused or cut, and nothing that was
   * acknowledged is lost or doubled.
   */
  refusedMeanwhile(context: TestContext, change: () => Promise<unknown>): Promise<void>;
}

/** How a busy stack differs from the usual one. */
export interface BusyOptions {
  /** Folder of another version to deploy; this checkout by default. */
  readonly source?: string;
  /** Settings beside the usual ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where it is reached if a shared proxy has the ports. */
  readonly at?: Pick<EdgeConfig, "httpPort" | "httpsPort">;
}

/** Deploys a prod stack with an administrator in it. */
export async function busyStack({ source, settings: more, at }: BusyOptions = {}): Promise<BusyStack> {
  const prod = await prodDeployment(
    {
      replicas: "2",
      drainTimeout: "3",
      bakeTime: "2",
      // One client is everybody in a test.
      requestRate: "100000",
      requestBurst: "100000",
      clientConnections: "10000",
      rateLimit: "0",
      keepReleases: "3",
      ...more,
    },
    source,
  );
  const { deployment } = prod;
  const edge = { ...prod.edge, ...at };
  let { settings } = prod;
  addEventStream(deployment.folder);
  await deployment.up();
  const [app] = await deployment.containers("app");
  const made = await finish(
    "docker",
    [
      ...["exec", "-i", app?.Id ?? "", "node", "src/create-admin.ts"],
      ...["--email", account.email, "--password-stdin"],
    ],
    { stdin: account.password },
  );
  assert.equal(made.status, 0, made.stderr);

  const sql = async (text: string) => {
    const [postgres] = await deployment.containers("postgres");
    return docker(["exec", postgres?.Id ?? "", ...["psql", "-XAtqU", "postgres", "-d", "app", "-c", text]]);
  };
  const accept = async (
    context: TestContext,
    { answers, failures, created, slowest }: LoadReport,
    excused: RegExp | undefined,
  ) => {
    context.diagnostic(`${JSON.stringify(answers)}, slowest ${slowest}, failed ${failures.length}`);
    assert.deepEqual(
      failures.filter((failure) => excused?.test(failure) !== true),
      [],
    );
    assert.ok(Object.values(answers).every((count) => count >= 3));
    const stored = (await sql("select email from customers")).split("\n");
    assert.equal(new Set(stored).size, stored.length, "nothing is there twice");
    const lost = [...created].filter((email) => !stored.includes(email));
    assert.deepEqual(lost, [], "every write that was acknowledged is there");
  };
  const loaded = async (change: () => Promise<unknown>): Promise<LoadReport> => {
    const load = await mixedLoad(edge, account);
    let report;
    try {
      await change();
    } finally {
      report = await load.stop();
    }
    return report;
  };
  const underLoad = async (context: TestContext, change: () => Promise<unknown>, excused?: RegExp) => {
    await accept(context, await loaded(change), excused);
  };
  return {
    deployment,
    edge,
    running: async () => String((await ask(edge, "/login")).headers["x-release"]),
    configure(changed) {
      settings = { ...settings, ...changed };
      deployment.configure(settings);
    },
    edit(line) {
      deployment.edit("app/src/app.ts", (source) => `${source}\n// ${line}\n`);
    },
    async expectNoChanges() {
      const { status, stdout } = await deployment.pulumi("preview", "--expect-no-changes");
      assert.equal(status, 0, stdout);
    },
    sql,
    migrate(name, text) {
      const file = join(deployment.folder, "app/src/platform/migrations", `${name}.ts`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return () => {
        rmSync(file);
      };
    },
    unnoticed: (context, change) => underLoad(context, change),
    async survived(context, change) {
      const report = await loaded(change);
      for (const failure of report.failures) context.diagnostic(failure);
      const kinds = report.failures.map((failure) => failure.split(":")[0]);
      assert.equal(new Set(kinds).size, kinds.length, "at most one a client");
      await accept(context, report, /: status 503 /);
    },
    refusedMeanwhile: (context, change) =>
      underLoad(
        context,
        change,
        /ECONNREFUSED|ECONNRESET|socket hang up|socket disconnected before secure TLS/,
      ),
    unnoticedByReaders: (context, change) => underLoad(context, change, /^(?:write|repeated write|upload): /),
  };
}
