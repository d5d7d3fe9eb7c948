import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isReady, register, startPair, startProgram, until } from "./support/program.ts";
import { createTestDatabase, isLite, type TestDatabase } from "./support/test-database.ts";

let home: TestDatabase;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-process-"));
  home = await createTestDatabase();
});

after(async () => {
  await home.drop();
  await rm(folder, { recursive: true });
});

const run = (program: string, environment: Readonly<Record<string, string>> = {}) =>
  startProgram(program, home, folder, environment);

const skip = isLite ? "needs a Postgres that other processes reach" : false;

test(
  "a cluster serves, sums up its metrics, replaces a killed worker, and drains on SIGTERM with exit code 0",
  { skip },
  async () => {
    const app = await run("main.ts", { WORKERS: "2" });
    try {
      await until(() => app.output().split('"listening"').length === 3, app.output);
      await until(() => isReady(app), app.output);
      for (let request = 0; request < 10; request += 1) await fetch(`${app.url}/login`);
      let metrics = "";
      const loginsCounted = (count: number) =>
        until(
          async () => {
            metrics = await (await fetch(app.metricsUrl)).text();
            return metrics.includes(
              `route="/login",status="200",stack="local",release="unreleased"} ${count}\n`,
            );
          },
          () => metrics,
        );
      await loginsCounted(10);
      assert.doesNotMatch(metrics, /session key|sessionKeys|object Object/);
      assert.doesNotMatch(metrics, /quantile=/, "quantiles of several processes cannot be added");
      assert.match(metrics, /^nodejs_eventloop_utilization_summary_count\{/m);
      const pids = [...app.output().matchAll(/"pid":(\d+)[^\n]*"listening"/g)].map(([, pid]) => Number(pid));
      for (const pid of pids) process.kill(pid, "SIGKILL");
      await until(() => app.output().split('"listening"').length === 5, app.output);
      assert.ok(await isReady(app));
      await loginsCounted(10);
      await fetch(`${app.url}/login`);
      await loginsCounted(11);
      app.child.kill("SIGTERM");
      assert.equal(await app.ended(), 0);
      assert.equal(app.output().split('"stopped"').length, 3);
      assert.doesNotMatch(app.output(), /"level":"(?:error|fatal)"|Warning:|deprecat/i);
    } finally {
      app.child.kill("SIGKILL");
    }
  },
);

test(
  "after SIGTERM an open request gets its whole answer, and new connections are refused",
  { skip },
  async () => {
    const app = await run("main.ts");
    try {
      await until(() => isReady(app), app.output);
      // Half a request: the server waits for the rest of the body while the signal arrives.
      let finish: () => void = () => undefined;
      const rest = new Promise<void>((resolve) => {
        finish = resolve;
      });
      async function* body() {
        yield '{"email":"a@b.test",';
        await rest;
        yield '"password":"x"}';
      }
      const stream = ReadableStream.from(body()) as unknown as NonNullable<RequestInit["body"]>;
      const headers = { "Content-Type": "application/json" };
      const init: RequestInit & { duplex: "half" } = {
        method: "POST",
        headers,
        body: stream,
        duplex: "half",
      };
      const answer = fetch(`${app.url}/api/v1/session`, init);
      await sleep(300);
      app.child.kill("SIGTERM");
      await until(() => app.output().includes('"draining"'), app.output);
      await assert.rejects(fetch(`${app.url}/health/live`, { headers: { Connection: "close" } }));
      finish();
      assert.equal((await answer).status, 401);
      assert.equal(await app.ended(), 0);
    } finally {
      app.child.kill("SIGKILL");
    }
  },
);

test("the worker sends mail that the web process queued, and SIGTERM ends it with 0", { skip }, async () => {
  const { web, worker, kill } = await startPair(home, folder, {}, { PUBLIC_URL: "http://app.example.test" });
  try {
    await register(web, "w@example.test");
    await until(() => worker.output().includes("http://app.example.test/verify"), worker.output);
    assert.doesNotMatch(web.output(), /"job":/);
    worker.child.kill("SIGTERM");
    web.child.kill("SIGTERM");
    assert.deepEqual([await worker.ended(), await web.ended()], [0, 0]);
  } finally {
    await kill();
  }
});

test("a program that still waits for its database ends at once on SIGTERM", async () => {
  for (const program of ["main.ts", "worker.ts"]) {
    const waiting = await run(program, { DATABASE_PORT: "9", DATABASE_WAIT: "600" });
    await until(() => waiting.output().includes("waiting for Postgres"), waiting.output);
    waiting.child.kill("SIGTERM");
    assert.equal(await waiting.ended(), 0, program);
  }
});

test("without settings, without database, or with a used port it exits with its code and says what to do", async () => {
  const bare = await run("main.ts", { DATABASE_HOST: "", PORT: "nine" });
  assert.equal(await bare.ended(), 78);
  assert.match(bare.output(), /DATABASE_HOST is not set[^]*|PORT is not a whole number/);
  const away = await run("migrate.ts", { DATABASE_PORT: "9", DATABASE_WAIT: "0" });
  assert.equal(await away.ended(), 64, "no command");
  const lost = await run("main.ts", { DATABASE_PORT: "9", DATABASE_WAIT: "0" });
  assert.equal(await lost.ended(), 69);
  assert.match(lost.output(), /Postgres at 127\.0\.0\.1:9 .* Nothing listens there/);
});
