import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID, X509Certificate } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import { countRows, differing, rowHashes } from "../../cli/moving/row-hashes.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { composeSetup, oldValues, type ComposeSetup } from "../support/compose-setup.ts";
import type { Deployment } from "../support/deployment.ts";
import { docker } from "../support/docker.ts";
import { ask } from "../support/edge-client.ts";
import { eventually } from "../support/eventually.ts";
import { freePorts } from "../support/free-ports.ts";
import { prodDeployment } from "../support/prod-deployment.ts";

const domain = "shop.test";

/** People who go on writing to one address, whoever answers there. */
function writers(edge: EdgeConfig) {
  const titles: string[] = [];
  const files = new Map<string, string>();
  const failures: { readonly at: number; readonly what: string }[] = [];
  let ended = false;
  const write = async (once: () => Promise<void>) => {
    while (!ended) {
      await once().catch((error: unknown) => {
        failures.push({ at: Date.now(), what: String(error).slice(0, 120) });
      });
      await sleep(100);
    }
  };
  const added = async () => {
    const title = randomUUID();
    const headers = { "Content-Type": "application/json" };
    const answer = await ask(edge, "/todos", { method: "POST", headers, body: JSON.stringify({ title }) });
    assert.equal(answer.status, 201);
    titles.push(title);
  };
  const uploaded = async () => {
    const [name, body] = [randomUUID(), randomBytes(2000).toString("hex")];
    const headers = { "Content-Type": "text/plain" };
    const answer = await ask(edge, `/files/${name}`, { method: "PUT", headers, body });
    assert.equal(answer.status, 201);
    files.set(name, createHash("sha256").update(body).digest("hex"));
  };
  const all = [write(added), write(added), write(uploaded)];
  return {
    titles,
    files,
    failures,
    async stop() {
      ended = true;
      await Promise.all(all);
    },
  };
}

await describe(
  "a docker compose set-up moves into a stack while people write",
  { timeout: 1_800_000 },
  () => {
    let deployment: Deployment;
    let setup: ComposeSetup;
    /** Where people go: the old Nginx, and the stack after the move. */
    let site: EdgeConfig;
    let people: ReturnType<typeof writers>;

    const shop = (name = "") => join(deployment.folder, "shop", name);
    const move = ["adopt", "--from", "shop/compose.yml", "--yes"];
    const berth = async (...args: string[]) => {
      const { status, stdout, stderr } = await deployment.berth(...args, "--stack", deployment.stack);
      return { status, said: stdout + stderr };
    };
    const newSql = async (text: string, database = "app") => {
      const [postgres] = await deployment.containers("postgres");
      return docker(["exec", postgres?.Id ?? "", "psql", "-XAtqU", "postgres", "-d", database, "-c", text]);
    };
    const served = () =>
      new Promise<string>((resolve, reject) => {
        const options = {
          host: "127.0.0.1",
          port: site.httpsPort,
          servername: domain,
          rejectUnauthorized: false,
        };
        const socket = connect(options, () => {
          resolve(new X509Certificate(socket.getPeerCertificate().raw).fingerprint256);
          socket.destroy();
        }).on("error", reject);
      });

    before(async () => {
      const [oldPort = 0] = await freePorts(1);
      const prod = await prodDeployment({
        ...{
          domain,
          tls: "certbot",
          acmeEmail: "ops@shop.test",
          acmeDirectory: "https://127.0.0.1:9/directory",
        },
        ...{ replicas: "2", drainTimeout: "4", bakeTime: "2", backups: "false", cache: "false" },
        ...{ requestRate: "100000", requestBurst: "100000", clientConnections: "10000" },
      });
      ({ deployment } = prod);
      site = { ...prod.edge, httpsPort: oldPort };
      rmSync(join(deployment.folder, "app"), { recursive: true });
      const project = `shop-${randomBytes(3).toString("hex")}`;
      setup = await composeSetup(shop(), project, { domain, port: oldPort });
      deployment.configure({ ...prod.settings, appFolder: "shop" });
      await eventually(async () => {
        assert.equal((await ask(site, "/")).body, "release 0, good evening");
      });
      people = writers(site);
    });
    after(async () => {
      await people.stop();
      await setup.remove();
      await deployment.remove();
    });

    test("the twelve values of .env come along, secrets as secrets, and the stack runs beside it", async () => {
      const { status, said } = await berth("adopt", "shop", "--write", "--env", "shop/.env");
      assert.equal(status, 0, said);
      const settings = readFileSync(join(deployment.folder, `Pulumi.${deployment.stack}.yaml`), "utf8");
      const declared = readFileSync(shop("berth.json"), "utf8");
      assert.match(declared, /"uploads": "\/srv\/uploads"/);
      for (const name of ["PAYMENT_KEY", "MAIL_API_KEY", "WEBHOOK_TOKEN"] as const)
        assert.ok(!(settings + declared).includes(oldValues[name]), name);
      for (const name of ["GREETING", "SUPPORT_EMAIL", "CURRENCY", "PAGE_SIZE", "FEATURE_CART"] as const)
        assert.match(settings, new RegExp(`${name}: "?${oldValues[name]}"?`));
      assert.equal(settings.match(/secure: /g)?.length, 3);
      await deployment.up();
    });

    test("somebody else writes to the old database: nothing is moved, and it serves as before", async () => {
      await docker([
        ...["exec", "--detach", setup.container("postgres"), "psql", "-U", "shop", "-d", "shop"],
        ...["-c", "select pg_sleep(3600)"],
      ]);
      const { status, said } = await berth(...move);
      assert.notEqual(status, 0, said);
      assert.match(said, /Somebody else is connected to the old database/);
      assert.match(said, /The old set-up runs again, and the stack is as it was/);
      await eventually(async () => {
        assert.equal((await ask(site, "/")).status, 200);
      });
      assert.equal(await newSql("select count(*) from pg_database where datname like 'app_%'"), "0");
      await setup.sql(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(3600)%' and pid <> pg_backend_pid()",
      );
    });

    test("rows, files, certificate and port are the stack's, equal, after the announced stop", async (t) => {
      const certificate = await served();
      const failedBefore = people.failures.length;
      const { status, said } = await berth(...move);
      assert.equal(status, 0, said);
      for (const line of said.split("\n").filter((text) => /stop|✓ (?:Rehearsal|Move)/.test(text)))
        t.diagnostic(line);
      assert.match(said, /The stop: .* at most, from the end of web, nginx until stack/);
      assert.equal((await ask(site, "/")).body, "release 0, good evening");
      assert.equal(await served(), certificate);

      // People went on at the same address, and write to the stack now.
      const written = people.titles.length;
      await eventually(async () => {
        assert.ok((await newSql("select count(*) from todos")) !== "" && people.titles.length > written + 10);
      });
      await people.stop();
      const cut = people.failures.slice(failedBefore);
      const seconds = ((cut.at(-1)?.at ?? 0) - (cut[0]?.at ?? 0)) / 1000;
      t.diagnostic(
        `nobody was answered for ${seconds.toFixed(1)} s; ${people.titles.length} rows and ${people.files.size} files acknowledged`,
      );

      const stored = new Set((await newSql("select title from todos")).split("\n"));
      assert.deepEqual(
        people.titles.filter((title) => !stored.has(title)),
        [],
      );
      for (const [name, hash] of people.files) {
        const { body, status: found } = await ask(site, `/files/${name}`);
        assert.equal(found, 200, name);
        assert.equal(createHash("sha256").update(body).digest("hex"), hash, name);
      }
    });

    test("the old set-up has all of its data, and starts", async (t) => {
      await docker(["start", setup.container("postgres"), setup.container("web")]);
      await eventually(async () => {
        await setup.sql("select 1");
      });
      const old = await setup.sql(rowHashes);
      const { rows, tables } = countRows(old);
      t.diagnostic(`${rows} rows in ${tables} tables`);
      const count = async (which: string) => Number(await setup.sql(`select count(*) from ${which}`));
      assert.ok((await count("todos")) > 10);
      // Those of before are in the stack as they were: the rest is what came later.
      const titles = (await setup.sql("select id || ' ' || title from todos order by id")).split("\n");
      const moved = new Set((await newSql("select id || ' ' || title from todos")).split("\n"));
      assert.deepEqual(
        titles.filter((row) => !moved.has(row)),
        [],
      );
      const migrations = differing(old, await newSql(rowHashes)).filter((name) =>
        name.includes("migrations"),
      );
      assert.deepEqual(migrations, []);
      await eventually(async () => {
        const asked =
          'fetch("http://127.0.0.1:3000/").then(async (answer) => console.log(await answer.text()))';
        assert.equal(
          await docker(["exec", setup.container("web"), "node", "-e", asked]),
          "release 0, good evening",
        );
      });
      await docker(["stop", setup.container("web"), setup.container("postgres")]);
    });

    test("a second time is refused while the data of before is kept", async () => {
      await docker(["start", setup.container("postgres")]);
      const { status, said } = await berth(...move);
      assert.notEqual(status, 0, said);
      assert.match(said, /has moved data already.*drop database app_before/);
      await deployment.up();
      assert.equal((await ask(site, "/")).status, 200);
    });
  },
);
