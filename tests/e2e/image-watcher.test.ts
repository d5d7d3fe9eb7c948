import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { docker, finish } from "../support/docker.ts";
import { eventually } from "../support/eventually.ts";
import { WatchStand } from "../support/watch-stand.ts";

const support = join(import.meta.dirname, "../support");

await describe("the watcher", { timeout: 900_000 }, () => {
  const stand = new WatchStand();
  before(async () => {
    await stand.prepare();
    await stand.watch("/hook");
  });
  after(async () => {
    await stand.scratch.remove();
  });

  test("decides by itself what holds, when to tell, and when not to tell again", async () => {
    const confined = ["--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--network", "none"];
    const { status, stderr } = await finish(
      "docker",
      ["run", "--interactive", ...confined, "--entrypoint", "python3", stand.image, "-"],
      { stdin: readFileSync(join(support, "watch_program.py"), "utf8") },
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /Ran \d\d tests/);
  });

  test("finds nothing wrong with a stack that is well, and says so", async () => {
    await stand.quiet();
    const names = (await stand.report()).rules.map(({ name }) => name);
    assert.ok(names.includes("replica-down") && !names.includes("cache-down"), names.join());
  });

  test("a test message reaches every receiver, and their answers are shown", async () => {
    await eventually(async () => {
      const answers = await stand.test();
      assert.deepEqual(
        answers.map(({ answer, channel, ok }) => [channel, ok, answer]),
        [
          ["webhook", true, "200 thanks"],
          ["mail", true, "250 2.0.0 queued"],
          ["heartbeat", true, "200 thanks"],
        ],
      );
    }, 120_000);
    const title = /^\[berth-watch-stand\/berth-test-\w+\] test: test: alerts reach you$/;
    const letter = (await stand.received()).find(({ subject = "" }) => title.test(subject));
    assert.deepEqual(letter?.to, ["ops@example.org", "night@example.org"]);
  });

  test("pings the dead man's switch again and again", async () => {
    await eventually(async () => {
      const pings = (await stand.received()).filter(({ path }) => path === "/ping");
      assert.ok(pings.length >= 3);
    }, 120_000);
  });

  test("a replica that stops is told once to each receiver, over a restart too, and its return is told", async () => {
    const [, second = ""] = stand.replicas;
    await docker(["stop", second]);
    const stopped = new RegExp(`^${second} does not run$`, "m");
    const letter = await eventually(async () => {
      assert.equal((await stand.hooks("replica-down")).at(-1), "firing");
      const found = (await stand.received()).find(({ text = "" }) => stopped.test(text));
      return found ?? assert.fail("no letter yet");
    }, 120_000);
    assert.match(letter.subject ?? "", /FIRING: replica-down: 1 of 2 replicas answer$/);
    assert.match(letter.text ?? "", /^what to do: docs\/runbooks\/replica-down\.md/m);
    await docker(["restart", "-t", "5", stand.watcher]);
    await eventually(async () => {
      const { rules } = await stand.report();
      assert.equal(rules.find(({ name }) => name === "replica-down")?.state, "firing");
    }, 120_000);
    await docker(["start", second]);
    await eventually(async () => {
      assert.equal((await stand.hooks("replica-down")).at(-1), "resolved");
    }, 120_000);
    await stand.quiet();
    // A busy machine may have made a replica late before: each has an end before the next begins.
    const told = await stand.hooks("replica-down");
    assert.deepEqual(
      told,
      told.map((_, index) => (index % 2 === 0 ? "firing" : "resolved")),
    );
  });

  test("counts waiting and dead jobs, and can read neither a job's content nor a table of the application's", async () => {
    await stand.sql(
      "create table customers (name text); insert into jobs.queue values ('mail', 'mail.dead'); insert into jobs.job values ('mail.dead', 'created', now(), '{}'), ('mail', 'created', now() - interval '1 day', '{}'), ('later', 'created', now() + interval '1 day', '{}')",
    );
    await eventually(async () => {
      assert.deepEqual(await stand.hooks("dead-letters"), ["firing"]);
      assert.deepEqual(await stand.hooks("queue-stuck"), ["firing"]);
    }, 120_000);
    await stand.sql("truncate jobs.job");
    await eventually(async () => {
      assert.deepEqual(await stand.hooks("dead-letters"), ["firing", "resolved"]);
      assert.deepEqual(await stand.hooks("queue-stuck"), ["firing", "resolved"]);
    }, 120_000);
    for (const table of ["jobs.job", "customers"]) {
      const read = ["psql", "-Xq", "-d", "app", "-c", `set role berth_watch; select * from ${table}`];
      const { stderr } = await finish("docker", ["exec", stand.postgres, ...read, "-U", "postgres"]);
      assert.match(stderr, /permission denied/, table);
    }
  });

  test("what a receiver refuses is shown, and the others get it all the same", async () => {
    await stand.watch("/refuse");
    await stand.sql("insert into jobs.job values ('mail.dead', 'created', now(), '{}')");
    await eventually(async () => {
      const { channels } = await stand.report();
      assert.deepEqual([channels["webhook"]?.ok, channels["webhook"]?.answer], [false, "503 not now"]);
      const subjects = (await stand.received()).map(({ subject = "" }) => subject);
      assert.equal(subjects.filter((one) => one.includes("FIRING: dead-letters")).length, 2);
    }, 120_000);
    const [webhook] = await stand.test();
    assert.deepEqual([webhook?.ok, webhook?.answer], [false, "503 not now"]);
  });
});
