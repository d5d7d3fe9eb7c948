import assert from "node:assert/strict";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { rootCertificates } from "node:tls";
import { z } from "zod";
import { Deployment } from "../support/deployment.ts";
import { docker } from "../support/docker.ts";
import { freePorts } from "../support/free-ports.ts";

const reported = z.object({
  effect: z.string(),
  migrations: z.array(z.object({ name: z.string(), statements: z.array(z.object({ locks: z.unknown() })) })),
  image: z.object({ before: z.object({ bytes: z.number() }), packages: z.array(z.unknown()) }).optional(),
});

const previewed = z.object({ steps: z.array(z.object({ op: z.string(), urn: z.string() })) });

await describe("a basic stack", { timeout: 1_500_000 }, () => {
  let deployment: Deployment;
  let origin = "";
  /** A password manager that prints a secret, or is locked. */
  const keep = (secret: string | undefined) => {
    const program = join(deployment.folder, "keeper");
    const prints =
      secret === undefined ? "echo locked >&2; exit 4" : `[ "$*" = "get key" ] && echo '${secret}'`;
    rmSync(program, { force: true });
    writeFileSync(program, `#!/bin/sh\n${prints}\n`);
    chmodSync(program, 0o700);
  };
  const kept = "kept-elsewhere-5d0b";

  const release = async () => (await fetch(`${origin}/health/ready`)).headers.get("x-release");
  const expectNoChanges = async () => {
    const { status, stdout, stderr } = await deployment.pulumi("preview", "--expect-no-changes");
    assert.equal(status, 0, stdout + stderr);
    assert.doesNotMatch(stdout + stderr, /warning/i);
  };
  /** Another line of source, another release. */
  const changeCode = (mark: string) => {
    deployment.edit("app/src/app.ts", (source) => `${source}// ${mark}\n`);
  };

  before(async () => {
    const [appPort = 0] = await freePorts(1);
    origin = `http://127.0.0.1:${appPort}`;
    // Any certificate: the company's own authority.
    const trustedCa = (rootCertificates[0] ?? "").replaceAll("\n", "\\n");
    const secretsFrom = '{"secrets":{"paymentKey":["./keeper","get","key"]}}'.replaceAll('"', '\\"');
    deployment = await Deployment.of("basic", { appPort, trustedCa, secretsFrom });
    keep(kept);
    await deployment.up();
  });
  after(async () => {
    await deployment.remove();
  });

  test("serves from three workers in one container, with Postgres unpublished", async () => {
    assert.equal((await fetch(`${origin}/health/ready`)).status, 200);
    const [app] = await deployment.containers("app");
    assert.ok(app?.Config.Env.includes("WORKERS=3"));
    const [postgres] = await deployment.containers("postgres");
    assert.deepEqual(Object.values(postgres?.HostConfig.PortBindings ?? {}), []);
  });

  test("trusts the authority of the setting, besides the public ones", async () => {
    const [app] = await deployment.containers("app");
    const count = 'import("node:tls").then(({ getCACertificates: of }) => console.log(of("extra").length))';
    assert.equal(await docker(["exec", app?.Id ?? "", "node", "-e", count]), "1");
  });

  test("has nothing to do right after", async () => {
    const refresh = await deployment.pulumi("refresh", "--yes", "--expect-no-changes");
    assert.equal(refresh.status, 0, refresh.stdout + refresh.stderr);
    assert.doesNotMatch(refresh.stdout + refresh.stderr, /warning/i);
    await expectNoChanges();
  });

  test("gets a secret that a command prints as a file, and shows it nowhere", async () => {
    const [app] = await deployment.containers("app");
    const find = 'cat "$SECRETS_PREFIX"paymentKey; echo; stat -c "%a %u" "$SECRETS_PREFIX"paymentKey; id -u';
    const [file, mode, user] = (await docker(["exec", app?.Id ?? "", "sh", "-c", find])).split("\n");
    assert.deepEqual([file, mode], [kept, `400 ${user ?? ""}`]);
    keep("kept-elsewhere-77aa");
    const preview = (...args: string[]) => deployment.berth("preview", "--stack", deployment.stack, ...args);
    const changed = await preview("--report", "md");
    assert.equal(changed.status, 0, changed.stderr);
    assert.match(changed.stdout, /^\| application \| restart \| secrets/m);
    keep(undefined);
    const locked = await preview("--report", "md");
    assert.equal(locked.status, 1);
    assert.match(
      locked.stdout,
      /secretsFrom\.secrets\.paymentKey: \.\/keeper get key: it ended with 4: locked\. Fix: /,
    );
    keep(kept);
    const state = await deployment.pulumi("stack", "export");
    const ids = (await docker(["ps", "-aq", ...deployment.labels()])).split("\n");
    const shown = [changed, locked, state].flatMap(({ stdout, stderr }) => [stdout, stderr]);
    shown.push(await docker(["inspect", ...ids]), await docker(["logs", app?.Id ?? ""]));
    assert.ok(shown.every((text) => !text.includes("kept-elsewhere")));
  });

  test("shows a changed line of code after `up`, and changes only the image and its dependents", async () => {
    const before = await release();
    const [postgres] = await deployment.containers("postgres");
    changeCode("one more line");
    writeFileSync(
      join(deployment.folder, "app/src/modules/customers/migrations/20991231_0000_customers_shelf.ts"),
      `import type { Knex } from "knex";
export async function up(database: Knex): Promise<void> {
  await database.raw("alter table customers add column shelf text default 'a-value-of-91c3'");
}
export async function down(database: Knex): Promise<void> {
  await database.raw("alter table customers drop column shelf");
}
`,
    );
    const report = await deployment.berth("preview", "--report", "json", "--stack", deployment.stack);
    assert.equal(report.status, 0, report.stderr);
    const { effect, image, migrations } = reported.parse(JSON.parse(report.stdout));
    assert.equal(effect, "restart", "one container, one port");
    assert.deepEqual(migrations, [
      {
        name: "20991231_0000_customers_shelf",
        statements: [{ locks: [{ table: "customers", mode: "ACCESS EXCLUSIVE" }] }],
      },
    ]);
    assert.ok((image?.before.bytes ?? 0) > 1_000_000);
    assert.deepEqual(image?.packages, [], "the image has what the lockfile says");
    assert.doesNotMatch(report.stdout, /a-value-of-91c3/);
    const { stdout } = await deployment.pulumi("preview", "--json");
    const { steps } = previewed.parse(JSON.parse(stdout));
    const changed = new Set(steps.filter(({ op }) => op !== "same").map(({ urn }) => urn.split("::").at(-1)));
    const released = ["release-record", "retired-credentials-close"];
    assert.deepEqual(
      [...changed].sort(),
      ["app-1", "app-1-ready", "app-image", "migration-up", ...released].sort(),
    );
    await deployment.up();
    assert.notEqual(await release(), before);
    assert.equal((await deployment.containers("postgres"))[0]?.Id, postgres?.Id);
  });

  test("waits for another `up`, names it, and gives up after --lock-wait", async () => {
    changeCode("while another one runs");
    const first = deployment.berth("up", "--stack", deployment.stack);
    await sleep(2_000);
    const second = await deployment.berth("up", "--stack", deployment.stack, "--lock-wait", "1s");
    assert.equal(second.status, 4, second.stdout + second.stderr);
    assert.match(second.stdout + second.stderr, /process \d+/);
    const { status, stdout, stderr } = await first;
    assert.equal(status, 0, stdout + stderr);
  });

  test("refuses a wrong passphrase and changes nothing", async () => {
    const before = await release();
    const { status, stdout, stderr } = await deployment.berth("up", "--stack", deployment.stack, {
      PULUMI_CONFIG_PASSPHRASE: "not the one",
    });
    assert.equal(status, 2, stdout + stderr);
    assert.match(stdout + stderr, /PULUMI_CONFIG_PASSPHRASE/);
    assert.equal(await release(), before);
  });
});
