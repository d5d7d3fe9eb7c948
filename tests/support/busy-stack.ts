import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { EdgeShape } from "../../infra/rendering/edge-shape.ts";
import type { Deployment } from "./deployment.ts";
import { docker, finish } from "./docker.ts";
import { ask } from "./edge-client.ts";
import { mixedLoad, type LoadReport } from "./mixed-load.ts";
import { prodDeployment } from "./prod-deployment.ts";

/** The administrator of a busy stack. */
export const account = { email: "anna@example.test", password: "a rather long pass phrase" };

/** A deployed prod stack that people use while it changes. */
export interface BusyStack {
  readonly deployment: Deployment;
  readonly edge: EdgeShape;
  /** Release that answers, as its `X-Release` says. */
  running(): Promise<string>;
  /** Changes settings; the next `up` deploys them. */
  configure(changed: Readonly<Record<string, string>>): void;
  /** Changes the application's code by a line that does nothing. */
  edit(line: string): void;
  /** Runs a command of the wrapper that asks, without asking, and fails the test where it fails. */
  berth(...args: string[]): Promise<string>;
  /** What a query on the application's database prints. */
  sql(text: string): Promise<string>;
  /** Does something under a mixed load: no request may fail, no write be lost or doubled, nobody be logged out. */
  unnoticed(context: TestContext, change: () => Promise<unknown>): Promise<void>;
}

/** Deploys a prod stack with an administrator in it. */
export async function busyStack(): Promise<BusyStack> {
  const prod = await prodDeployment({
    replicas: "2",
    drainTimeout: "5",
    bakeTime: "3",
    // One client is everybody in a test.
    requestRate: "100000",
    requestBurst: "100000",
    clientConnections: "10000",
    rateLimit: "0",
    keepReleases: "3",
  });
  const { deployment, edge } = prod;
  let { settings } = prod;
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
  const accept = async (context: TestContext, { answers, failures, created }: LoadReport) => {
    context.diagnostic(JSON.stringify(answers));
    assert.deepEqual(failures, []);
    assert.ok(Object.values(answers).every((count) => count >= 5));
    const stored = (await sql("select email from customers")).split("\n");
    assert.equal(new Set(stored).size, stored.length, "nothing is there twice");
    const lost = [...created].filter((email) => !stored.includes(email));
    assert.deepEqual(lost, [], "every write that was acknowledged is there");
  };
  return {
    deployment,
    edge,
    running: async () => String((await ask(edge, "/health/ready")).headers["x-release"]),
    configure(changed) {
      settings = { ...settings, ...changed };
      deployment.configure(settings);
    },
    edit(line) {
      deployment.edit("app/src/app.ts", (source) => `${source}\n// ${line}\n`);
    },
    async berth(...args) {
      const { status, stdout, stderr } = await deployment.berth(
        ...args,
        "--stack",
        deployment.stack,
        "--yes",
      );
      assert.equal(status, 0, stdout + stderr);
      return stdout + stderr;
    },
    sql,
    async unnoticed(context, change) {
      const load = await mixedLoad(edge, account);
      let report;
      try {
        await change();
      } finally {
        report = await load.stop();
      }
      await accept(context, report);
    },
  };
}
