import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { settleLogs } from "../../app/src/platform/audit/settle-logs.ts";
import { sweepJob } from "../../app/src/platform/sweep-job.ts";
import { addUser, createClient, password, type Client } from "../../app/tests/support/client.ts";
import { isReady, startProgram, until, type Program } from "../../app/tests/support/program.ts";
import { createTestDatabase, type TestDatabase } from "../../app/tests/support/test-database.ts";
import { registerTestStack, testRunVariable } from "../../cli/testing/test-run.ts";
import { baseImage } from "../support/base-image.ts";
import { docker } from "../support/docker.ts";
import { eventually } from "../support/eventually.ts";
import { movedClock, type MovedClock } from "../support/moved-clock.ts";
import { refusedRound, send, type Tally } from "../support/refused-requests.ts";

/** Requests in all, and the days that they are spread over; the clock of all programs is moved. */
const total = Number(process.env["DAY_REQUESTS"] ?? "100000");
const days = 3;
/** Hours from one round of requests to the next: longer than every window but a day's. */
const step = 4;
const rounds = (days * 24) / step;
const perRound = Math.ceil(total / rounds);

const clock = await movedClock();

await describe(
  `${total} refused requests in ${days} days`,
  { timeout: 7_200_000, skip: clock instanceof Error && clock.message },
  () => {
    assert.ok(!(clock instanceof Error));
    let postgres = "";
    let home: TestDatabase;
    let folder: string;
    let app: Program;
    let member: Client & { readonly email: string };
    let target: Client & { readonly email: string };
    let admin: Client & { readonly email: string };
    const tally: Tally = new Map();
    /** Sizes of the database at the end of each day, in bytes. */
    const sizes: number[] = [];

    before(async () => {
      postgres = await startPostgres(clock);
      home = await createTestDatabase();
      folder = mkdtempSync(join(tmpdir(), "berth-day-"));
      const keys = join(folder, "keys");
      writeFileSync(keys, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
      app = await startProgram("main.ts", home, folder, {
        ...clock.environment(),
        // A killed run's processes are found by it.
        [testRunVariable]: process.env[testRunVariable] ?? "",
        SESSION_KEYS_FILE: keys,
        MEDIA_DIR: folder,
        MEDIA_RESERVE: "16",
        TRUST_PROXY: "1",
        WORKERS: "2",
        LOG_LEVEL: "warn",
      });
      await until(() => isReady(app), app.output);
      const seen = { url: app.url, database: home.database };
      [member, target, admin] = [
        await addUser(seen, "user"),
        await addUser(seen, "user"),
        await addUser(seen, "admin"),
      ];
    });
    after(async () => {
      app.child.kill("SIGTERM");
      await app.ended();
      await home.drop();
      await docker(["rm", "--force", "--volumes", postgres]);
      rmSync(folder, { recursive: true, force: true });
      clock.remove();
    });

    /** A person at an own address signs in, as they do every time. @returns the form token */
    async function signsIn(client: Client, email: string, from: string): Promise<string> {
      // Their session has ended meanwhile; what the browser is known by stays.
      for (const name of client.cookies.keys()) if (name.includes("session")) client.cookies.delete(name);
      const options = { headers: { "X-Forwarded-For": from }, withoutToken: true };
      const body = { email, password };
      const answer = await client.call("POST", "/api/v1/session", { ...options, body });
      assert.equal(answer.status, 204, `${answer.text}\n${app.output()}`);
      const session = await client.call("GET", "/api/v1/session", options);
      return session.json<{ csrfToken: string }>().csrfToken;
    }

    /** What the worker does every hour, and Postgres does in a real day by itself. */
    async function tidy(): Promise<void> {
      await settleLogs(home.database, { auditDays: 1, historyDays: 730 });
      const job = { id: "drill", signal: new AbortController().signal };
      await sweepJob(home.database, 24).run(undefined, job);
    }

    async function size(): Promise<number> {
      await home.database.raw("vacuum analyze");
      const { rows } = await home.database.raw<{ rows: { size: string }[] }>(
        "select pg_database_size(current_database()) as size",
      );
      return Number(rows[0]?.size);
    }

    test("nobody else is locked out, and nothing fails", async (t) => {
      const failures: string[] = [];
      for (let day = 1; day <= days; day += 1) {
        for (let time = 0; time < 24; time += step) {
          // Somebody from a browser that has never been here, who may not upload.
          const browser = createClient(app);
          const token = await signsIn(browser, member.email, "192.0.2.20");
          const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
          const requests = refusedRound(perRound, target.email, { cookie, token });
          const half = Math.floor(requests.length / 2);
          failures.push(...(await send(app.url, requests.slice(0, half), tally)));
          // The account that is guessed at, from the browser that its person always uses.
          await signsIn(target, target.email, "192.0.2.10");
          await signsIn(createClient(app), member.email, "192.0.2.20");
          failures.push(...(await send(app.url, requests.slice(half), tally)));
          await signsIn(target, target.email, "192.0.2.10");
          await clock.advance(step * 3600);
          await tidy();
        }
        sizes.push(await size());
        t.diagnostic(`day ${day}: ${await contents(home)}`);
      }
      for (const [answer, count] of [...tally].sort()) t.diagnostic(`${answer}: ${count}`);
      assert.deepEqual(failures, [], app.output());
      // Somebody's own registration is answered as if it were new, so that nothing is given away.
      const taken = [...tally.keys()].filter((key) => /^\S+ [123]/.test(key));
      assert.deepEqual(taken, ["registration 202"]);
      assert.ok([...tally.values()].reduce((sum, count) => sum + count, 0) >= total);
      assert.doesNotMatch(app.output(), /"level":"(?:error|fatal)"/);
    });

    test("the database stops growing once the first windows have turned over", (t) => {
      t.diagnostic(
        `sizes at the end of the days: ${sizes.map((bytes) => `${Math.round(bytes / 1024)} KiB`).join(", ")}`,
      );
      const [, second = 0, third = Infinity] = sizes;
      // A page or two of Postgres's own catalogue.
      assert.ok(third <= second + 256 * 1024, "the third day adds nothing to the second");
    });

    test("the audit page stays readable", async (t) => {
      await signsIn(admin, admin.email, "192.0.2.30");
      const page = await eventually(async () => {
        const answer = await admin.call("GET", "/admin/audit");
        assert.equal(answer.status, 200, answer.text);
        return answer.text;
      });
      t.diagnostic(`the page has ${Math.round(page.length / 1024)} KiB`);
      assert.ok(page.length < 200 * 1024);
      assert.equal(page.match(/<tr>/g)?.length, 101, "a heading and a hundred lines");
      assert.match(page, /after=\d+/, "and the next ones behind a link");
      const logins = await admin.call("GET", `/admin/audit?event=login&subject=${target.email}`);
      assert.match(logins.text, /192\.0\.2\.10/, "a person's own sign-ins are found among the refused ones");
    });
  },
);

/** A Postgres with the moved clock; it is the one that test databases are made on. */
async function startPostgres(clock: MovedClock): Promise<string> {
  const mounted = ["/faketime/libfaketime.so.1", "/faketime/clock"] as const;
  const secret = randomBytes(12).toString("hex");
  const variables = { ...clock.environment(...mounted), POSTGRES_PASSWORD: secret, PGDATA: "/scratch/data" };
  const name = `berth-drill-day-${randomBytes(3).toString("hex")}`;
  registerTestStack({ stack: name });
  await docker([
    ...["run", "--detach", "--name", name, "--label", `berth.stack=${name}`, "--publish", "127.0.0.1::5432"],
    // The library's own files in /dev/shm belong to whoever starts first.
    ...["--user", "postgres", "--tmpfs", "/scratch:mode=1777"],
    ...["--volume", `${clock.library}:${mounted[0]}:ro`, "--volume", `${clock.folder}:${mounted[1]}:ro`],
    ...Object.entries(variables).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
    await baseImage("postgres"),
    ...["postgres", "-c", "fsync=off", "-c", "max_connections=100"],
  ]);
  const [address = ""] = (await docker(["port", name, "5432/tcp"])).split("\n");
  process.env["TEST_DATABASE_URL"] = `postgres://postgres:${secret}@${address}/postgres`;
  await eventually(() => docker(["exec", name, "pg_isready", "--host", "127.0.0.1"]), 60_000);
  return name;
}

/** Rows of the tables that refused requests write to. */
async function contents({ database }: TestDatabase): Promise<string> {
  const tables = ["throttles", "audit_events", "registrations", "one_time_codes", "sessions", "jobs.job"];
  const counts = await Promise.all(
    tables.map(async (table) => {
      const { rows } = await database.raw<{ rows: { count: string }[] }>(
        `select count(*) as count from ${table}`,
      );
      return `${table} ${rows[0]?.count ?? "?"}`;
    }),
  );
  return counts.join(", ");
}
