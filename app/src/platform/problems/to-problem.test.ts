import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../database/open-database.ts";
import { createLogger } from "../log/create-logger.ts";
import { listen } from "../http/listen.ts";
import { toProblem } from "./to-problem.ts";

const withCode = (message: string, code: string) => Object.assign(new Error(message), { code });

test("a request whose client has left is no outage of the database", () => {
  assert.equal(toProblem(withCode("aborted", "ECONNRESET")).status, 400);
  assert.equal(toProblem(withCode("read ECONNRESET", "ECONNRESET")).status, 503);
});

test("user input does not decide the kind of failure", () => {
  for (const message of [
    "Connection terminated by a text",
    'a column holds "timeout expired"',
    "insert - x timeout expired",
  ])
    assert.equal(toProblem(new Error(message)).status, 500, message);
  assert.equal(toProblem(withCode('"timeout expired" violates a check', "23514")).status, 500);
});

test("codes of Postgres and of the network show an outage", () => {
  for (const code of ["08006", "57P01", "57P05", "53300", "25006", "25P03", "57014", "ECONNREFUSED", "EPIPE"])
    assert.equal(toProblem(withCode("x", code)).status, 503, code);
  const both = new AggregateError([withCode("a", "ECONNREFUSED"), withCode("b", "ECONNREFUSED")]);
  assert.equal(toProblem(both).status, 503, "one failure per address of a name");
});

test("the driver's own failures, which have no code, are known: a connection that ends at once", async () => {
  const { server, port } = await listen(() => undefined, "127.0.0.1", 0);
  const database = openDatabase(
    {
      host: "127.0.0.1",
      port,
      name: "x",
      user: "x",
      password: undefined,
      poolMax: 2,
      wait: 0,
      statementTimeout: 0,
    },
    { log: createLogger({ level: "silent", stack: "t", release: "r" }), applicationName: "test" },
  );
  try {
    server.once("connection", (socket) => socket.destroy());
    const error: unknown = await database.raw("select 1").catch((reason: unknown) => reason);
    assert.equal(toProblem(error).status, 503, String(error));
  } finally {
    await database.destroy();
    server.closeAllConnections();
    server.close();
  }
});
