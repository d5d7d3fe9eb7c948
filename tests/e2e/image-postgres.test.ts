import assert from "node:assert/strict";
import { after, test } from "node:test";
import { backupRoleSql } from "../../infra/rendering/backup-role-sql.ts";
import { keepRoles, takeRoles } from "../../cli/running/kept-roles.ts";
import { roleSql } from "../../infra/rendering/role-sql.ts";
import { providedImage } from "../support/base-image.ts";
import { docker, finish } from "../support/docker.ts";
import { eventually, ScratchContainers } from "../support/scratch-containers.ts";

const scratch = new ScratchContainers();
after(() => scratch.remove());
const { reference: image, source } = await providedImage("postgres");
const password = "p'a\"ss $word";

/**
 * What the stacks run it with: a read-only root, and no capability but those its entrypoint needs
 * as root.
 */
const confined = [
  ...["--read-only", "--tmpfs", "/tmp", "--tmpfs", "/run/postgresql", "--security-opt", "no-new-privileges"],
  ...["--cap-drop", "ALL"].concat(
    ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"].flatMap((name) => ["--cap-add", name]),
  ),
];

async function query(container: string, database: string, user: string, sql: string): Promise<string> {
  return docker(["exec", container, "psql", "-X", "-tA", "-U", user, "-d", database, "-c", sql]);
}

/** Ready over TCP: the server that runs the init files listens on its socket only. */
function ready(container: string): Promise<true> {
  return eventually(async () => {
    const state = await docker(["inspect", "-f", "{{.State.Running}}", container]);
    assert.equal(state, "true", await scratch.logs(container));
    const { status } = await finish("docker", ["exec", container, "pg_isready", "-q", "-h", "127.0.0.1"]);
    return status === 0 ? true : undefined;
  });
}

test("it does not start without a superuser password, and says which setting is missing", async () => {
  const { status, stderr } = await scratch.run(image, []);
  assert.notEqual(status, 0);
  assert.match(stderr, /POSTGRES_PASSWORD/);
});

test("a value and its file at once are refused by name", async () => {
  const both = ["-e", "POSTGRES_PASSWORD=one", "-e", "POSTGRES_PASSWORD_FILE=/nowhere"];
  const { status, stderr } = await scratch.run(image, both);
  assert.notEqual(status, 0);
  assert.match(stderr, /POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE/);
});

test("a database made from files: settings, init directory, users, signals, data", async (t) => {
  const secrets = await scratch.volume(
    image,
    `printf %s '${password.replaceAll("'", `'\\''`)}' >password; echo shop >user; chown 999:999 *; chmod 0400 *`,
  );
  const init = await scratch.volume(
    image,
    `echo 'create table visit (id int primary key); insert into visit values (1);' >20-table.sql
     echo 'insert into visit values (2);' | gzip >30-more.sql.gz
     echo 'psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "create schema sourced"' >10-schema.sh
     printf '#!/bin/sh\\npsql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "create schema executed"\\n' >11-schema.sh
     chmod 0755 11-schema.sh; touch README`,
  );
  const data = await scratch.volume(image, "true");
  const network = await scratch.network();
  const container = await scratch.start(
    image,
    [
      ...confined,
      ...["--network", network, "--network-alias", "db"],
      ...["-v", `${secrets}:/run/secrets/db:ro`, "-v", `${init}:/docker-entrypoint-initdb.d:ro`],
      ...["-v", `${data}:/var/lib/postgresql/data`],
      ...[
        "-e",
        "POSTGRES_PASSWORD_FILE=/run/secrets/db/password",
        "-e",
        "POSTGRES_USER_FILE=/run/secrets/db/user",
      ],
      ...["-e", "POSTGRES_DB=sales", "-e", "POSTGRES_INITDB_ARGS=--data-checksums --lc-collate='C'"],
    ],
    ["postgres", "-c", "work_mem=7MB"],
  );
  await ready(container);

  await t.test("arguments reach the server, POSTGRES_INITDB_ARGS reaches initdb", async () => {
    assert.equal(await query(container, "sales", "shop", "show work_mem"), "7MB");
    assert.equal(await query(container, "sales", "shop", "show data_checksums"), "on");
    const locale = "select datcollate, datctype from pg_database where datname = 'sales'";
    assert.equal(await query(container, "sales", "shop", locale), "C|en_US.utf8");
    assert.equal(await query(container, "sales", "shop", "show data_directory"), "/var/lib/postgresql/data");
  });

  await t.test("*.sh, *.sql and *.sql.gz of the init directory ran", async () => {
    const schemas = "select nspname from pg_namespace where nspname in ('sourced', 'executed') order by 1";
    assert.equal(await query(container, "sales", "shop", schemas), "executed\nsourced");
    assert.equal(
      await query(container, "sales", "shop", "select string_agg(id::text, ',') from visit"),
      "1,2",
    );
  });

  await t.test("other containers need the password, checked by SCRAM", async () => {
    const connect = (secret: string) =>
      scratch.run(
        image,
        ["--network", network, "--entrypoint", "psql", "-e", `PGPASSWORD=${secret}`],
        ["-X", "-tA", "-h", "db", "-U", "shop", "-d", "sales", "-c", "select 1"],
      );
    assert.equal((await connect(password)).stdout.trim(), "1");
    assert.match((await connect("wrong")).stderr, /password authentication failed for user "shop"/);
    const rules = "select auth_method from pg_hba_file_rules where address = 'all'";
    assert.equal(await query(container, "sales", "shop", rules), "scram-sha-256");
  });

  await t.test("the server is user 999 and does not carry the password around", async () => {
    const seen = await docker([
      ...["exec", "-u", "999", container, "sh", "-c"],
      "grep Uid /proc/1/status; tr '\\0' '\\n' </proc/1/environ; tr '\\0' '\\n' </proc/1/cmdline",
    ]);
    assert.match(seen, /^Uid:\s+999\s+999\s+999\s+999$/m);
    assert.ok(!seen.includes(password), seen);
    assert.ok(!(await scratch.logs(container)).includes(password));
  });

  await t.test(
    "it stops by SIGINT with a clean shutdown, and the data is there at the next start",
    async () => {
      assert.equal(await docker(["inspect", "-f", "{{.Config.StopSignal}}", container]), "SIGINT");
      await docker(["stop", "-t", "60", container]);
      assert.equal(await docker(["inspect", "-f", "{{.State.ExitCode}}", container]), "0");
      assert.match(
        await scratch.logs(container),
        /received fast shutdown request[^]*database system is shut down/,
      );
      await docker(["start", container]);
      await ready(container);
      assert.equal(await query(container, "sales", "shop", "select count(*) from visit"), "2");
    },
  );
});

test("started as user 999 it needs no capability, and defaults to the user and database postgres", async () => {
  const container = await scratch.start(image, [
    ...["--user", "999:999", "--cap-drop", "ALL", "--read-only", "--tmpfs", "/tmp"],
    ...["--tmpfs", "/run/postgresql", "-e", "POSTGRES_PASSWORD=pw"],
  ]);
  await ready(container);
  assert.equal(await query(container, "postgres", "postgres", "select current_user"), "postgres");
});

test(
  "killed while it makes the database, it starts over",
  { skip: source === "official" && "the official image serves what it had got to" },
  async () => {
    const init = await scratch.volume(
      image,
      `cat >10-slow.sh <<'SCRIPT'
psql -c "create table half_made ()"
[ -e /docker-entrypoint-initdb.d/second ] || { touch /docker-entrypoint-initdb.d/second; sleep 600; }
SCRIPT
       chmod 0777 .`,
    );
    const container = await scratch.start(image, [
      ...[
        "-v",
        `${init}:/docker-entrypoint-initdb.d`,
        "-e",
        "POSTGRES_PASSWORD=pw",
        "-e",
        "POSTGRES_DB=sales",
      ],
    ]);
    await eventually(async () => {
      const { status } = await finish("docker", [
        "exec",
        container,
        "test",
        "-e",
        "/docker-entrypoint-initdb.d/second",
      ]);
      return status === 0 ? true : undefined;
    });
    await docker(["kill", container]);
    await docker(["start", container]);
    await ready(container);
    assert.equal(await query(container, "sales", "postgres", "select count(*) from half_made"), "0");
    assert.equal(await docker(["exec", container, "sh", "-c", "ls -A $PGDATA | grep '^[.]' || true"]), "");
  },
);

test("what changes roles waits for its turn, however many do so side by side", async () => {
  const container = await scratch.start(image, [...confined, "-e", `POSTGRES_PASSWORD=${password}`]);
  await ready(container);
  const names = { database: "app", owner: "app_owner", rows: "app_rows" };
  const scripts = [
    roleSql(names, password, [{ name: "app_rows_a", password: "harbour", as: "rows" }]),
    backupRoleSql("harbour", 64),
  ];
  const runs = Array.from({ length: 12 }, (_, turn) =>
    finish("docker", ["exec", "-i", container, "psql", "-X", "-q", "-U", "postgres"], {
      stdin: scripts[turn % scripts.length] ?? "",
    }),
  );
  for (const { status, stderr } of await Promise.all(runs)) assert.equal(status, 0, stderr);
});

test("logins of today, with the rights of today and no more, go into data from before their roles", async () => {
  const container = await scratch.start(image, [...confined, "-e", `POSTGRES_PASSWORD=${password}`]);
  await ready(container);
  const names = { database: "app", owner: "app_owner", rows: "app_rows" };
  const run = (...command: string[]) =>
    docker(
      ["exec", "-i", container, "psql", "-X", "-q", "-U", "postgres", "-v", "ON_ERROR_STOP=1"],
      command.join("\n"),
    );
  await run(
    roleSql(names, password, [
      { name: "app_rows_a", password: "harbour", as: "rows" },
      { name: "app_migration", password: "harbour", as: "owner" },
    ]),
    "\\c postgres",
    backupRoleSql("harbour", 64),
  );
  const logins = "select rolname, rolpassword, rolreplication from pg_authid where rolcanlogin order by 1";
  const rights =
    "select roleid::regrole, member::regrole from pg_auth_members where member::regrole::text !~ '^pg_' order by roleid::regrole::text, member::regrole::text";
  const settings =
    "select setrole::regrole, setconfig from pg_db_role_setting where setrole <> 0 order by setrole::regrole::text, setconfig";
  const present = () =>
    Promise.all([logins, rights, settings].map((sql) => query(container, "postgres", "postgres", sql)));
  const today = await present();
  await docker(["exec", container, "sh", "-c", keepRoles("/tmp")]);
  const roles = ["app_rows_a", "app_migration", "app_owner", "app_rows"];
  await run(
    "drop database app;",
    ...roles.flatMap((role) => [`drop owned by ${role};`, `drop role ${role};`]),
    "create database app;",
    "\\c app",
    "create table customers (id int);",
  );
  await docker(["exec", container, "sh", "-c", takeRoles("/tmp")]);
  assert.deepEqual(await present(), today);
  const owns = "select pg_has_role('app_rows_a', 'app_owner', 'member')";
  assert.equal(await query(container, "app", "postgres", owns), "f");
});

test("its log has no value that a login's statement failed with, and still what is slow", async () => {
  const container = await scratch.start(image, [...confined, "-e", `POSTGRES_PASSWORD=${password}`]);
  await ready(container);
  const roles = roleSql({ database: "app", owner: "app_owner", rows: "app_rows" }, password, [
    { name: "app_a", password: "harbour", as: "owner" },
  ]);
  await docker(["exec", "-i", container, "psql", "-X", "-q", "-U", "postgres"], roles);
  const marker = "marker-7f3a";
  const failing = [
    `select '${marker}'::integer`,
    `select '${marker}'::date`,
    `select '${marker}'::jsonb`,
    `select '${marker}'::uuid`,
    `set time zone '${marker}'`,
    `do $$ begin raise exception '${marker}'; end $$`,
  ];
  for (const sql of failing) {
    const { status, stderr } = await finish("docker", [
      ...["exec", container, "psql", "-X", "-U", "app_a", "-d", "app", "-c", sql],
    ]);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(marker), "the client is told");
  }
  await query(container, "postgres", "postgres", "alter role app_a set log_min_duration_statement = 0");
  await query(container, "app", "app_a", "select pg_sleep(0)");
  const logged = await eventually(async () => {
    const text = await scratch.logs(container);
    return text.includes("LOG:  duration:") ? text : undefined;
  });
  assert.ok(!logged.includes(marker), logged);
});
