import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { dataPlace } from "../../infra/policy/database-definition.ts";
import { BackupStand } from "../support/backup-stand.ts";
import { account } from "../support/busy-stack.ts";
import { docker, finish } from "../support/docker.ts";
import { ask } from "../support/edge-client.ts";
import { signIn } from "../support/edge-session.ts";
import { eventually } from "../support/eventually.ts";
import { prodDeployment, type ProdDeployment } from "../support/prod-deployment.ts";
import { s3Repository, type S3Repository } from "../support/s3-repository.ts";

await describe("a prod stack whose host is lost", { timeout: 2_400_000 }, () => {
  const elsewhere = new BackupStand();
  let s3: S3Repository;
  let prod: ProdDeployment;
  let headers: Awaited<ReturnType<typeof signIn>>;

  const container = async (part: string) => (await prod.deployment.containers(part))[0]?.Id ?? "";
  /**
   * Runs something that makes the stack's networks, and puts the service on that of the backups:
   * not before the stack has made sure that nothing else is on them.
   */
  const withService = async <T>(work: Promise<T>): Promise<T> => {
    const label = [...prod.deployment.labels("backups"), "--format", "{{.Name}}"];
    const joined = eventually(async () => {
      assert.notEqual(await container("backup"), "");
      const outer = await docker(["network", "ls", ...label]);
      assert.notEqual(outer, "");
      await s3.reachableFrom({ outer });
    }, 600_000);
    const [done] = await Promise.all([work, joined]);
    return done;
  };
  const healthy = () =>
    eventually(async () => {
      await prod.deployment.mustRun("backups");
    }, 600_000);
  const upload = async (name: string) => {
    const write = `cd /var/lib/app/media; mkdir -p public; printf hello >public/${name}`;
    await docker(["exec", await container("app"), "sh", "-euc", write]);
  };
  const everything = async () => {
    // What the application itself writes as it starts is left out.
    const dump =
      "pg_dump -U postgres -d app --data-only --inserts --exclude-schema=jobs --exclude-table=log_retention | grep ^INSERT | sort";
    const rows = await docker(["exec", await container("postgres"), "sh", "-c", `${dump} | sha256sum`]);
    const find =
      "cd /var/lib/berth/media && find . -path './.*' -prune -o -type f -print | sort | xargs -r sha256sum";
    return [rows, await docker(["exec", await container("backup"), "sh", "-c", find])].join("\n");
  };
  /** Takes away all that a host has of the stack, as if it had burnt down. */
  const loseHost = async () => {
    await docker(["exec", await container("backup"), "berth-backup", "point", "last", "archived"]);
    const own = ["--filter", `label=berth.stack=${prod.deployment.stack}`];
    for (const [list, remove] of [
      [
        ["ps", "-aq"],
        ["rm", "--force"],
      ],
      [
        ["volume", "ls", "-q"],
        ["volume", "rm"],
      ],
    ] as const) {
      const found = (await docker([...list, ...own])).split("\n").filter((id) => id !== "");
      await docker([...remove, ...found]);
    }
    const networks = (await docker(["network", "ls", "-q", ...own])).split("\n");
    for (const network of networks) {
      const inside = await docker([
        "network",
        "inspect",
        "--format",
        "{{range .Containers}}{{.Name}} {{end}}",
        network,
      ]);
      for (const name of inside.split(" ").filter((one) => one !== ""))
        await docker(["network", "disconnect", "--force", network, name]);
      await docker(["network", "rm", network]);
    }
  };
  /**
   * The whole way back: one command.
   * @param kill ends a first run by SIGKILL while it restores
   */
  const comesBack = async (t: TestContext, kill: boolean, ...args: string[]) => {
    const { deployment, edge } = prod;
    const command = ["--restore", "latest", ...args];
    // Nothing is to be written behind what is compared.
    for (const part of ["nginx", "worker", "app"])
      for (const { Id } of await deployment.containers(part)) await docker(["stop", Id]);
    const expected = await everything();
    await loseHost();
    if (args.length > 0) rmSync(join(deployment.folder, ".berth/state"), { recursive: true });
    const half = () =>
      eventually(async () => {
        const partial = `${dataPlace("17").target}/restored.partial/base`;
        await docker(["exec", await container("postgres"), "ls", "-d", partial]);
      }, 600_000);
    if (kill) assert.ok(await withService(deployment.killed(["up", ...command], half)));
    const begun = Date.now();
    const up = deployment.up(...command);
    const said = await (kill ? up : withService(up));
    t.diagnostic(`had back in ${Math.round((Date.now() - begun) / 1000)} s`);
    for (const line of said.split("\n").filter((one) => /Data|keys and passwords|Total/.test(one)))
      t.diagnostic(line);
    assert.equal(await everything(), expected);
    assert.equal((await ask(edge, "/media/hello.txt")).status, 200);
    const session = await ask(edge, "/api/v1/session", { headers });
    assert.match(session.body, /anna@example\.test/, "who had signed in still is");
    await signIn(edge, account);
    await upload("other.txt");
    assert.equal((await ask(edge, "/media/other.txt")).status, 200);
    await deployment.mustRun("preview", "--expect-no-changes");
  };

  before(async () => {
    await elsewhere.prepare();
    s3 = await s3Repository(elsewhere);
    const { backupS3Ca = "", ...settings } = s3.settings;
    prod = await prodDeployment({ drainTimeout: "3", bakeTime: "0", rateLimit: "0" });
    const { deployment, edge } = prod;
    // Secrets are set beside them, as people do.
    deployment.configure({ ...prod.settings, ...settings });
    await deployment.set("backupS3Ca", backupS3Ca, "--plaintext");
    await deployment.set("backupS3SecretKey", s3.secretKey, "--secret");
    await withService(deployment.up());
    const made = await finish(
      "docker",
      [
        ...["exec", "-i", await container("app"), "node", "src/create-admin.ts"],
        ...["--email", account.email, "--password-stdin"],
      ],
      { stdin: account.password },
    );
    assert.equal(made.status, 0, made.stderr);
    headers = await signIn(edge, account);
    const customers =
      "insert into customers (name, email) select 'Anna', n || '@lost.test' from generate_series(1, 500) n";
    await docker([
      "exec",
      await container("postgres"),
      "psql",
      "-XqU",
      "postgres",
      "-d",
      "app",
      "-c",
      customers,
    ]);
    await upload("hello.txt");
    await healthy();
  });
  after(async () => {
    // A network of the stack leads to the service.
    await elsewhere.remove();
    await prod.deployment.remove();
  });

  test("with its state: from the repository, the key and the checkout, and sessions go on", async (t) => {
    const { deployment } = prod;
    const { stdout: key } = await deployment.berth("backups", "key", "--stack", deployment.stack);
    const file = join(deployment.folder, "key");
    writeFileSync(file, key, { mode: 0o600 });
    await eventually(async () => {
      await docker(["exec", await container("backup"), "berth-backup", "state"]);
    }, 120_000);
    await comesBack(t, false, "--backup-key", file);
    await healthy();
  });

  test("with the state still at hand, after a first run was killed while it restored", (t) =>
    comesBack(t, true));
});
