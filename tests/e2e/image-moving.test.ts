import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NewDatabase, databases } from "../../cli/moving/new-database.ts";
import { OldDatabase } from "../../cli/moving/old-database.ts";
import { parseOldContainers } from "../../cli/moving/old-setup.ts";
import { differing } from "../../cli/moving/row-hashes.ts";
import { roleSql } from "../../infra/rendering/role-sql.ts";
import { Docker } from "../../system/docker.ts";
import { baseImage } from "../support/base-image.ts";
import { docker } from "../support/docker.ts";
import { eventually, ScratchContainers } from "../support/scratch-containers.ts";

const scratch = new ScratchContainers();
const engine = new Docker(process.env);
after(() => scratch.remove());

const psql = async (container: string, user: string, database: string, text: string) =>
  docker(
    ["exec", "-i", container, "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-U", user, "-d", database],
    text,
  );

await describe("rows of another Postgres", async () => {
  const image = await baseImage("postgres");
  let old: string;
  let own: string;
  let from: OldDatabase;
  let to: NewDatabase;

  before(async () => {
    const variables = ["POSTGRES_USER=shop", "POSTGRES_DB=store", "POSTGRES_PASSWORD=hunter2"];
    old = await scratch.start(
      image,
      variables.flatMap((line) => ["--env", line]),
    );
    own = await scratch.start(image, ["--env", "POSTGRES_PASSWORD=hunter3"]);
    for (const container of [old, own])
      await eventually(async () => {
        await docker(["exec", container, "pg_isready", "-q", "-h", "127.0.0.1"]);
        return true;
      });
    const names = { database: "app", owner: "app_owner", rows: "app_rows" };
    const logins = [
      { name: "app_a", password: "secret-a", as: "owner" },
      { name: "app_rows_a", password: "secret-b", as: "rows" },
    ] as const;
    await psql(own, "postgres", "postgres", roleSql(names, "hunter3", logins));
    await psql(own, "postgres", "app", "create table fresh (id int); insert into fresh values (1);");
    await psql(
      old,
      "shop",
      "store",
      `create extension citext; comment on extension citext is 'cases';
       create schema crm; create type mood as enum ('sad', 'happy');
       create table crm."Odd names" (id serial primary key, "t" citext unique, feeling mood, at timestamptz default now(), raw bytea);
       insert into crm."Odd names" (t, feeling, raw) select 'Row ' || n || E'\\nCOMMENT ON EXTENSION x IS ''y'';', 'happy', decode('00ff', 'hex') from generate_series(1, 500) n;
       create table copies (id bigint generated always as identity, parent int references crm."Odd names", amount numeric);
       insert into copies (parent, amount) select id, id / 3.0 from crm."Odd names";
       insert into copies (parent, amount) values (1, 1), (1, 1);
       create function touch() returns trigger language plpgsql as 'begin new.at := now(); return new; end';
       create trigger touched before update on crm."Odd names" for each row execute function touch();
       create view happy as select * from crm."Odd names" where feeling = 'happy';
       alter database store set statement_timeout = '7s';`,
    );
    const [container] = parseOldContainers(await docker(["inspect", old]));
    from = new OldDatabase(engine, container ?? assert.fail("it is there"));
    to = new NewDatabase(engine, own);
  });

  test("are those of one moment, equal, and belong to the stack's roles", async () => {
    const facts = await from.facts();
    assert.deepEqual(facts.extensions, ["citext"]);
    assert.equal(facts.version, await to.version());
    await from.at(async (snapshot) => {
      await psql(old, "shop", "store", "insert into copies (parent, amount) values (2, 2)");
      await to.copy(from, facts, snapshot.id);
      assert.equal(await snapshot.hashes(), await to.hashes(databases.copy));
    });
    await from.at(async (later) => {
      assert.deepEqual(differing(await later.hashes(), await to.hashes(databases.copy)), ["public.copies"]);
    });
    const owners = "select distinct tableowner from pg_tables where schemaname in ('public', 'crm')";
    assert.equal(await psql(own, "postgres", databases.copy, owners), "app_owner");
    assert.equal(
      await psql(own, "app_rows_a", databases.copy, 'select count(*) from crm."Odd names"'),
      "500",
    );
    assert.equal(
      await psql(own, "app_a", databases.copy, "show role; show statement_timeout"),
      "app_owner\n7s",
    );
    assert.deepEqual(await from.others(), []);
  });

  test("take the application's place and give it back, whoever is connected", async () => {
    await docker(["exec", "-d", own, "psql", "-U", "app_a", "-d", "app", "-c", "select pg_sleep(600)"]);
    await to.swapIn();
    assert.ok(await to.isUnderWay());
    assert.equal(await psql(own, "app_a", "app", "select count(*) from copies"), "502");
    assert.equal(await psql(own, "postgres", databases.before, "select id from fresh"), "1");
    await to.swapOut();
    assert.equal(await psql(own, "postgres", "app", "select id from fresh"), "1");
    assert.ok(!(await to.has(databases.copy)));
    assert.ok(!(await to.isUnderWay()));
  });

  test("stay once the move is finished", async () => {
    await from.at(async ({ id }) => {
      await to.copy(from, await from.facts(), id);
    });
    await to.swapIn();
    await to.finish();
    assert.ok(!(await to.isUnderWay()));
    assert.ok(await to.has(databases.before));
    assert.equal(
      await psql(own, "app_a", "app", "insert into copies (amount) values (1) returning id"),
      "504",
    );
  });
});
