import assert from "node:assert/strict";
import { createServer, connect, type Server, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { createTestDatabase, isLite, type TestDatabase } from "../../../tests/support/test-database.ts";
import { openDatabase, type Database } from "./open-database.ts";
import { reconnecting } from "./reconnect.ts";

const withCode = (code: string) => Object.assign(new Error(code), { code });

describe("opening a connection", () => {
  test("waits for a server that was there before, and gives up in time", async () => {
    const outcomes = ["there", "ECONNREFUSED", "ENOTFOUND", "57P03", "there"];
    const tries = reconnecting(async () => {
      const next = outcomes.shift() ?? "ECONNREFUSED";
      if (next !== "there") throw withCode(next);
      return Promise.resolve(next);
    }, 1000);
    assert.equal(await tries(), "there");
    assert.equal(await tries(), "there");
    assert.deepEqual(outcomes, []);
    await assert.rejects(tries(), /ECONNREFUSED/);
  });

  test("does not wait for the first connection, nor over a wrong password", async () => {
    let count = 0;
    const never = reconnecting(() => {
      count += 1;
      return Promise.reject(withCode("ECONNREFUSED"));
    }, 1000);
    await assert.rejects(never(), /ECONNREFUSED/);
    assert.equal(count, 1);
    const outcomes = ["there", "28P01"];
    const refused = reconnecting(async () => {
      const next = outcomes.shift() ?? "none is left";
      if (next !== "there") throw withCode(next);
      return Promise.resolve(next);
    }, 1000);
    await refused();
    await assert.rejects(refused(), /28P01/);
  });
});

/** A way to Postgres that can be closed for a while, as it is while its container is replaced. */
class Way {
  readonly #target: { host: string; port: number };
  readonly #open = new Set<Socket>();
  #server: Server | undefined;
  port = 0;

  constructor(target: { host: string; port: number }) {
    this.#target = target;
  }

  async open(): Promise<void> {
    const server = createServer((client) => {
      const onward = connect(this.#target);
      for (const [from, to] of [
        [client, onward],
        [onward, client],
      ] as const) {
        this.#open.add(from);
        from.on("error", () => to.destroy());
        from.on("close", () => to.destroy());
        from.pipe(to);
      }
    });
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    this.port = address.port;
    this.#server = server;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#open) socket.destroy();
    this.#open.clear();
    await closed;
  }
}

describe("a pool whose server goes away and comes back", { skip: isLite && "PGlite has one session" }, () => {
  let home: TestDatabase;
  let way: Way;
  let database: Database;

  before(async () => {
    home = await createTestDatabase("empty");
    way = new Way({ host: home.config.host, port: home.config.port });
    await way.open();
    database = openDatabase(
      { ...home.config, host: "127.0.0.1", port: way.port },
      { applicationName: "tests", log: pino({ level: "silent" }) },
    );
  });
  after(async () => {
    await database.destroy();
    await way.close();
    await home.drop();
  });

  test("answers what was asked meanwhile, late", async () => {
    await Promise.all(Array.from({ length: 5 }, () => database.raw("select 1")));
    await way.close();
    // The pool has to have seen it: what is sent on a broken connection fails.
    await sleep(100);
    const asked = Promise.all(
      Array.from({ length: 20 }, (_, number) => database.raw("select ?::int as n", [number])),
    );
    await sleep(1500);
    await way.open();
    const answers = (await asked) as { rows: { n: number }[] }[];
    assert.deepEqual(
      answers.map(({ rows }) => rows[0]?.n),
      Array.from({ length: 20 }, (_, number) => number),
    );
  });

  test("a statement that was under way fails, and is not sent again", async () => {
    await database.raw("create table seen (at timestamptz default clock_timestamp())");
    const cut = database.raw("insert into seen select from (select pg_sleep(1)) as slept");
    cut.catch(() => undefined);
    await sleep(300);
    await way.close();
    await way.open();
    await assert.rejects(cut, /Connection terminated|ECONNRESET/);
    await sleep(1200);
    const [seen] = await database("seen").count({ n: "*" });
    assert.ok(Number(seen?.n ?? 2) <= 1);
  });
});
