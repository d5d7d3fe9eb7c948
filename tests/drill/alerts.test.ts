import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { docker } from "../support/docker.ts";
import { WatchedStack } from "../support/watched-stack.ts";

await describe("alerts of a stack whose parts fail", { timeout: 1_500_000 }, () => {
  let stack: WatchedStack;
  before(async () => {
    stack = await WatchedStack.deployed();
    await stack.hurry(0.1);
  });
  after(async () => {
    await stack.remove();
  });

  /** Runs SQL as the superuser, in a container whose part may be paused. */
  const sql = async (text: string) =>
    docker([
      "exec",
      await stack.container("postgres"),
      ...["psql", "-XAtqU", "postgres", "-d", "app"],
      "-c",
      text,
    ]);
  const stopped = async (
    alert: string,
    part: string,
    verb: readonly [string, string] = ["stop", "start"],
  ) => {
    const id = await stack.container(part);
    return stack.caused(
      alert,
      () => docker([verb[0], id]),
      () => docker([verb[1], id]),
    );
  };
  /** Statements of the application's own role, from one of its containers. */
  const asApp = async (count: number, statement: string) => {
    const program = `const { Client } = require("pg"); const { readFileSync } = require("fs"); const e = process.env;
      for (let n = 0; n < ${count}; n += 1) { const client = new Client({ host: e.DATABASE_HOST, user: e.DATABASE_USER, database: e.DATABASE_NAME, password: readFileSync(e.DATABASE_PASSWORD_FILE, "utf8") });
      client.connect().then(() => client.query(${JSON.stringify(statement)})).catch((error) => console.error(error.message)); }`;
    await docker(["exec", "--detach", await stack.container("app"), "node", "-e", program]);
  };
  const endStatements = () =>
    sql(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()",
    );

  test("a healthy stack is quiet, the watcher is small, and both receivers answer a test", async (t) => {
    const { rules } = await stack.report();
    t.diagnostic(rules.map(({ name }) => name).join());
    assert.ok(rules.length === 17, rules.map(({ name }) => name).join());
    const said = await stack.deployment.berth("alerts", "test", "--stack", stack.deployment.stack);
    assert.equal(said.status, 0, said.stdout + said.stderr);
    assert.match(
      said.stdout,
      /^webhook: took it: 200 thanks\nmail: took it: 250 .*\nheartbeat: took it: 200/,
    );
    const usage = await docker([
      "stats",
      "--no-stream",
      "--format",
      "{{.MemUsage}}",
      await stack.container("watcher"),
    ]);
    t.diagnostic(usage);
    await stack.quiet();
  });

  test("a replica, the worker, Redis, Nginx and Postgres stop, and each is told", async (t) => {
    const fired = {
      app: await stopped("replica-down", "app"),
      worker: await stopped("worker-down", "worker"),
      redis: await stopped("cache-down", "redis"),
      nginx: await stopped("edge-down", "nginx", ["pause", "unpause"]),
      postgres: await stopped("database-down", "postgres"),
    };
    t.diagnostic(JSON.stringify(fired));
    assert.deepEqual(fired.app, ["replica-down"]);
    assert.deepEqual(fired.worker, ["worker-down"]);
  });

  test("a statement that takes too long, and a pool that is used up", async (t) => {
    const slow = await stack.caused("slow-statement", () => asApp(1, "select pg_sleep(600)"), endStatements);
    const pool = await stack.caused(
      "connections-used-up",
      () => asApp(10, "do $$ begin for n in 1..3000 loop perform pg_sleep(0.2); commit; end loop; end $$"),
      endStatements,
    );
    t.diagnostic(JSON.stringify({ slow, pool }));
    assert.deepEqual(slow, ["slow-statement"]);
  });

  test("a queue that is stuck, and jobs that have failed for good", async () => {
    const worker = await stack.container("worker");
    const queue =
      "(select name from jobs.queue where name not like '%.dead' and name not like '\\_\\_%' limit 1)";
    const stuck = await stack.caused(
      "queue-stuck",
      async () => {
        await docker(["pause", worker]);
        await sql(
          `insert into jobs.job (name, data, start_after) values (${queue}, '{}', now() - interval '1 hour')`,
        );
      },
      async () => {
        await sql("delete from jobs.job where data = '{}' and state = 'created'");
        await docker(["unpause", worker]);
      },
    );
    assert.deepEqual(stuck, ["queue-stuck"]);
    const dead = await stack.caused(
      "dead-letters",
      () => sql(`insert into jobs.job (name, data) values (${queue} || '.dead', '{}')`),
      () => sql("delete from jobs.job where name like '%.dead'"),
    );
    assert.deepEqual(dead, ["dead-letters"]);
  });

  test("a replica whose process is killed again and again", async () => {
    const kill = async () => {
      const pid = await docker(["inspect", "--format", "{{.State.Pid}}", await stack.container("app")]);
      process.kill(Number(pid), "SIGKILL");
    };
    const fired = await stack.caused(
      "crash-loop",
      async () => {
        for (let count = 0; count < 3; count += 1) {
          await stack.quiet();
          await kill();
        }
      },
      () => Promise.resolve(),
    );
    assert.equal(fired[0], "crash-loop");
  });
});
