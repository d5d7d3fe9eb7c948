import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Deployment } from "../support/deployment.ts";
import { docker, finish } from "../support/docker.ts";
import { eventually } from "../support/eventually.ts";
import { freePorts } from "../support/free-ports.ts";
import { assertSecrecy } from "../support/secrecy.ts";

await describe("a dev stack", { timeout: 900_000 }, () => {
  let deployment: Deployment;
  let origin = "";
  let adminer = "";

  before(async () => {
    const [appPort = 0, adminerPort = 0, databasePort = 0] = await freePorts(3);
    deployment = await Deployment.of("dev", { appPort, adminerPort, databasePort });
    origin = `http://127.0.0.1:${appPort}`;
    adminer = `http://127.0.0.1:${adminerPort}`;
  });
  after(async () => {
    await deployment.remove();
  });

  test("comes up with one command, which ends with the addresses", async () => {
    const said = await deployment.up();
    for (const address of [origin, adminer]) assert.ok(said.includes(address), said);
    const ready = await fetch(`${origin}/health/ready`);
    assert.equal(ready.status, 200);
    const { stack, release } = (await ready.json()) as { stack: string; release: string };
    assert.equal(stack, deployment.stack);
    assert.equal(ready.headers.get("x-release"), release);
    assert.equal((await fetch(adminer)).status, 200);
  });

  test("has nothing to do when asked again, for the wrapper and for plain Pulumi", async () => {
    const refresh = await deployment.pulumi("refresh", "--yes", "--expect-no-changes");
    assert.equal(refresh.status, 0, refresh.stdout + refresh.stderr);
    assert.doesNotMatch(refresh.stdout + refresh.stderr, /warning/i);
    const preview = await deployment.pulumi("preview", "--expect-no-changes");
    assert.equal(preview.status, 0, preview.stdout + preview.stderr);
    assert.doesNotMatch(preview.stdout + preview.stderr, /warning/i);
    assert.match(await deployment.up(), /0 changes|unchanged/);
  });

  test("shows none of its secrets anywhere", async () => {
    await assertSecrecy(deployment);
  });

  test("is drawn, explained, and told what is in its image and where that came from", async () => {
    const berth = async (...args: string[]) => (await deployment.mustRun(...args)).stdout;
    const drawn = await berth("graph");
    assert.match(drawn, /^flowchart TB\n/);
    for (const line of [/app --> postgres/, /adminer --> postgres/, /keeps postgres/])
      assert.match(drawn, line);
    assert.match(await berth("graph", "--format", "svg"), new RegExp(`^<svg .*Stack ${deployment.stack}`));
    const explained = await berth("explain", "postgres");
    assert.match(explained, /^postgres: the database\.[^]*keeps +postgres\n[^]*asked by +adminer, app/);
    const others = readFileSync(join(deployment.folder, "Pulumi.basic.yaml"), "utf8");
    for (const command of [["graph"], ["policy"], ["rotate", "all", "--yes"], ["down"]]) {
      const { status, stderr } = await deployment.berth(...command, "--stack", "basic");
      assert.equal(status, 2, stderr);
      assert.match(
        stderr,
        new RegExp(`no stack basic, and none was made\\. There are: ${deployment.stack}\\.`),
      );
    }
    assert.equal(readFileSync(join(deployment.folder, "Pulumi.basic.yaml"), "utf8"), others);
    const listed = await deployment.pulumi("stack", "ls", "--json");
    assert.doesNotMatch(listed.stdout, /"name": "basic"/);
    const unknown = await deployment.berth("explain", "nginx", "--stack", deployment.stack);
    assert.equal(unknown.status, 2);
    assert.match(unknown.stderr, /has no part nginx\. Its parts: .*postgres/);

    const [app] = await deployment.containers("app");
    const image = app?.Image ?? "";
    const bill = await berth("sbom");
    const { components, metadata } = JSON.parse(bill) as {
      components: { purl: string }[];
      metadata: { component: { "bom-ref": string } };
    };
    assert.equal(metadata.component["bom-ref"], image);
    for (const name of [/^pkg:npm\/express@5/, /^pkg:deb\/debian\/libc6@/])
      assert.ok(
        components.some(({ purl }) => name.test(purl)),
        String(name),
      );
    const origin = await berth("sbom", "--provenance");
    assert.ok(origin.includes(image.replace("sha256:", "")));
    // Both lie with the record of the release, whatever becomes of the image.
    const records = await docker([
      "volume",
      "ls",
      "-q",
      "--filter",
      "label=berth.record",
      ...deployment.labels(),
    ]);
    const kept = (file: string) =>
      docker([
        ...["run", "--rm", "--network=none", "--user=0:0", "--entrypoint=cat"],
        ...["--volume", `${records.split("\n").at(-1) ?? ""}:/record:ro`, image, `/record/${file}`],
      ]);
    assert.equal(await kept("sbom.cdx.json"), bill.trim());
    assert.equal(await kept("provenance.json"), origin.trim());
  });

  test("lets the application's role in over the published port, with the password from the outputs", async () => {
    const { user, password } = await deployment.databaseLogin();
    const [postgres] = await deployment.containers("postgres");
    assert.ok(postgres);
    const port = (await docker(["port", postgres.Id, "5432/tcp"])).split(":").at(-1) ?? "";
    const script =
      'read -r password; PGPASSWORD="$password" psql -h 127.0.0.1 -p "$0" -U "$1" -d app -Atc "select session_user, current_user"';
    const run = [
      "run",
      "--rm",
      "-i",
      "--network=host",
      "--entrypoint=sh",
      postgres.Image,
      "-c",
      script,
      port,
      user,
    ];
    assert.equal(await docker(run, `${password}\n`), "app_rows_a|app_rows_a");
    await assert.rejects(docker(run, "wrong\n"), /password authentication failed/);
  });

  test("runs the application's programs in its container: an administrator, sample data, a prompt", async () => {
    const berth = async (stdin: string, ...args: string[]) => {
      const command = ["cli/berth.mjs", ...args, "--stack", deployment.stack];
      const { status, stdout, stderr } = await finish(process.execPath, command, {
        cwd: deployment.folder,
        stdin,
      });
      assert.equal(status, 0, stdout + stderr);
      return stdout;
    };
    const email = "ada@example.test";
    const password = "a lantern in the rain 9";
    const said = await berth(`${password}\n`, "create-admin", email, "--password-stdin");
    assert.match(said, /ada@example\.test is an administrator/);
    const session = await fetch(`${origin}/api/v1/session`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
    assert.equal(session.status, 204);
    assert.match(await berth("", "seed"), /customers: sample data is there/);
    const typed = 'const { rows } = await database.raw("select role from users")\nrows\n';
    assert.match(
      await berth(typed, "shell"),
      new RegExp(`^${deployment.stack}.*\\[ \\{ role: 'admin' \\} \\]`, "ms"),
    );
  });

  test("shows a changed source without `up` and without a new container", async () => {
    const [before] = await deployment.containers("app");
    deployment.edit("app/src/platform/health/health-routes.ts", (source) =>
      source.replaceAll("/health/live", "/health/alive"),
    );
    await eventually(async () => {
      assert.equal((await fetch(`${origin}/health/alive`)).status, 200);
    });
    const [now] = await deployment.containers("app");
    assert.deepEqual([now?.Id, now?.State.StartedAt], [before?.Id, before?.State.StartedAt]);
    deployment.edit("app/src/platform/health/health-routes.ts", (source) =>
      source.replaceAll("/health/alive", "/health/live"),
    );
  });

  test("puts every container under its process limit on a read-only root", async () => {
    for (const part of ["app", "postgres", "adminer"]) {
      const [container] = await deployment.containers(part);
      assert.ok((container?.HostConfig.PidsLimit ?? 0) > 0, part);
      assert.equal(container?.HostConfig.ReadonlyRootfs, true, part);
    }
  });

  test("serves rows of a copy that knew no rights, once `migrate` has run", async () => {
    const [postgres] = await deployment.containers("postgres");
    const psql = (sql: string) =>
      docker(["exec", postgres?.Id ?? "", "psql", "-U", "postgres", "-d", "app", "-Atqc", sql]);
    const rights =
      "select count(*), string_agg(relacl::text, ' ' order by oid) from pg_class where relowner = 'app_owner'::regrole and relkind in ('r', 'p', 'S')";
    const before = await psql(rights);
    // As a dump of an earlier version comes back.
    await psql(`revoke all on all tables in schema public, jobs from app_rows;
      revoke all on all sequences in schema public, jobs from app_rows; revoke all on schema jobs from app_rows`);
    assert.notEqual(await psql(rights), before);
    await deployment.mustRun("migrate");
    assert.equal(await psql(rights), before);
    assert.equal((await fetch(`${origin}/login`)).status, 200);
  });

  test("keeps its data when it goes down, and finds it when it comes back", async () => {
    const psql = async (sql: string) => {
      const [postgres] = await deployment.containers("postgres");
      return docker(["exec", postgres?.Id ?? "", "psql", "-U", "postgres", "-d", "app", "-Atc", sql]);
    };
    await psql("create table kept_over_down as select 42 as answer");
    await deployment.mustRun("down", "--yes");
    assert.equal(await docker(["ps", "-aq", ...deployment.labels()]), "");
    await deployment.up();
    assert.equal(await psql("select answer from kept_over_down"), "42");
    assert.equal((await fetch(`${origin}/health/ready`)).status, 200);
  });
});
