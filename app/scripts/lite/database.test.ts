import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import pg from "pg";
import { type LiteDatabase, startLiteDatabase } from "./database.ts";

let folder: string;
let host: string;
let server: LiteDatabase;
let pool: pg.Pool;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-lite-"));
  host = join(folder, "socket");
  server = await startLiteDatabase({ host, patience: 300 });
  pool = new pg.Pool({ host, user: "postgres", database: "postgres", max: 10 });
  await pool.query("create table numbers (n integer primary key, owner integer not null)");
});

after(async () => {
  await pool.end();
  await server.stop();
  await rm(folder, { recursive: true });
});

async function countOf(owner: number, client: pg.Pool | pg.PoolClient = pool): Promise<number> {
  const { rows } = await client.query<{ count: string }>("select count(*) from numbers where owner = $1", [
    owner,
  ]);
  return Number(rows[0]?.count);
}

/** A connection of its own, whose end is no surprise. */
async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ host, user: "postgres", database: "postgres" });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function transaction(owner: number, n: number, end: "commit" | "rollback"): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("insert into numbers values ($1, $2)", [n, owner]);
    await assert.rejects(client.query("savepoint s; select 1 / 0"), /division by zero/);
    await client.query("rollback to s");
    await countOf(owner, client);
    await client.query(end);
  } finally {
    client.release();
  }
}

test("fifty clients on ten connections get answers to what they asked, and transactions are whole", async () => {
  const begins = async (client: number) => {
    for (let round = 0; round < 3; round += 1) {
      const two = await pool.query("select $1::integer as a, $2::text as b", [client, `x${round}`]);
      assert.deepEqual(two.rows, [{ a: client, b: `x${round}` }]);
      const one = await pool.query("select $1::text as z", [`q${client}`]);
      assert.deepEqual(one.rows, [{ z: `q${client}` }]);
      await assert.rejects(pool.query("select 1 / $1::integer", [0]), /division by zero/);
      await transaction(client, client * 1000 + round, round % 2 === 0 ? "commit" : "rollback");
    }
    assert.equal(await countOf(client), 2);
  };
  await Promise.all(Array.from({ length: 50 }, (_, client) => begins(client)));
});

test("a large answer and a large question arrive whole", async () => {
  const long = "x".repeat(3_000_000);
  const { rows } = await pool.query<{ length: number; text: string }>(
    "select length($1) as length, $1 as text",
    [long],
  );
  assert.equal(rows[0]?.length, long.length);
  assert.equal(rows[0].text, long);
});

test("a client that dies within a transaction leaves nothing of it behind", async () => {
  const client = await connect();
  await client.query("begin");
  await client.query("insert into numbers values (-1, -1)");
  const gone = new Promise((resolve) => client.once("end", resolve));
  client.connection.stream.destroy();
  await gone;
  assert.equal(await countOf(-1), 0);
});

test("ends an idle transaction while others wait, and tells its connection why", async () => {
  const client = await connect();
  const told = once(client, "error");
  await client.query("begin");
  await client.query("insert into numbers values (-2, -2)");
  assert.equal(await countOf(-2), 0);
  const [error] = (await told) as [Error & { code: string }];
  assert.equal(error.code, "25P03");
});

test("only its owner can use the socket, and a second server on it is refused", async () => {
  assert.equal((await stat(host)).mode & 0o777, 0o700);
  await assert.rejects(startLiteDatabase({ host }), /runs already/);
});
