import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { after, before, test } from "node:test";
import { createTestDatabase, type TestDatabase } from "../../../tests/support/test-database.ts";
import { createLogger } from "./create-logger.ts";
import { describeError } from "./describe-error.ts";

const marker = "MARKER-7f3a";
let home: TestDatabase;

before(async () => {
  home = await createTestDatabase();
  await home.database.raw(`
    create table notes (id int primary key, text text not null check (text <> '${marker}'), day date, tiny smallint);
    create function refuse() returns trigger language plpgsql as $$
      begin perform 1 / (new.id - new.id); return new; end $$;
    insert into notes values (1, 'here already');
  `);
});
after(async () => {
  await home.drop();
});

/** Statements that fail, each in a way of its own, with the marker among their values. */
const failing: readonly (readonly [string, string, readonly unknown[]])[] = [
  ["a check", "insert into notes values (2, ?)", [marker]],
  ["a null", "insert into notes values (?, null, null, null)", [3]],
  ["a duplicate", "insert into notes (id, text) values (1, ?)", [marker + "x"]],
  ["a wrong number", "insert into notes values (?, 'x')", [marker]],
  ["a wrong day", "insert into notes (id, text, day) values (4, 'x', ?)", [marker]],
  ["a wrong value in raw SQL", `insert into notes (id, text, day) values (4, 'x', '${marker}')`, []],
  ["a cast", "select ?::text::uuid", [marker]],
];

test("for any failing statement the log has its codes and none of its values", async () => {
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const log = createLogger({ level: "info", stack: "test", release: "r", destination });
  for (const [what, sql, bindings] of failing) {
    const error: unknown = await home.database.raw(sql, bindings as string[]).then(
      () => assert.fail(`${what} did not fail`),
      (reason: unknown) => reason,
    );
    log.error({ err: error }, "plain");
    log.error({ err: new Error("around it", { cause: error }) }, "as a cause");
    log.error({ err: new AggregateError([error], "several") }, "among several");
    log.error(
      { err: Object.assign(new Error("beside it"), { inner: error, detail: marker }) },
      "as a property",
    );
    const line = lines.at(-4) ?? "";
    assert.match(line, /"code":"2\d[\dA-Z]{3}"/, what);
    assert.match(line, /"stack":"/, what);
    // What a developer wrote into a statement is the statement; knex puts that in front of the
    // message.
    if (bindings.length > 0)
      for (const told of lines.slice(-4)) assert.doesNotMatch(told, new RegExp(marker), what);
  }
});

test("a value that a message quotes in its midst is left out too", async () => {
  const error: unknown = await home.database.raw("select ?::text::smallint", ["70123"]).then(
    () => assert.fail("it did not fail"),
    (reason: unknown) => reason,
  );
  const told = describeError(error) as { message: string; code: string };
  assert.equal(told.code, "22003");
  assert.match(told.message, /out of range for type smallint$/);
  assert.ok(!JSON.stringify(told).includes("70123"));
});
