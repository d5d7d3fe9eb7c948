import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import { parseSettings } from "../../stacks/settings.ts";
import type { EdgeShape } from "../../infra/rendering/edge-shape.ts";
import { Deployment } from "../support/deployment.ts";
import { docker, finish } from "../support/docker.ts";
import { ask } from "../support/edge-client.ts";
import { freePorts } from "../support/free-ports.ts";
import { mixedLoad } from "../support/mixed-load.ts";
import { assertSecrecy } from "../support/secrecy.ts";

const account = { email: "anna@example.test", password: "a rather long pass phrase" };

interface Listed {
  readonly release: string;
  readonly image: string;
  readonly kept: boolean;
  readonly migrations: readonly string[];
}

await describe("releases of a prod stack", { timeout: 2_400_000 }, () => {
  let deployment: Deployment;
  let settings: Record<string, string>;
  let edge: EdgeShape;

  const running = async () => (await ask(edge, "/health/ready")).headers["x-release"];
  const releases = async () => {
    const { status, stdout, stderr } = await deployment.berth(
      ...["releases", "--stack", deployment.stack, "--json"],
    );
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout) as Listed[];
  };
  const berth = async (...args: string[]) => {
    const { status, stdout, stderr } = await deployment.berth(...args, "--stack", deployment.stack, "--yes");
    assert.equal(status, 0, stdout + stderr);
  };
  const edit = (line: string) => {
    deployment.edit("app/src/app.ts", (source) => `${source}\n// ${line}\n`);
  };
  const postgres = async () => (await deployment.containers("postgres"))[0]?.Id ?? "";
  const sql = async (text: string) =>
    docker(["exec", await postgres(), ...["psql", "-XAtqU", "postgres", "-d", "app", "-c", text]]);
  const customers = async () => new Set((await sql("select email from customers")).split("\n"));

  /** Does something while people use the application: no request may fail, no write be lost or doubled. */
  async function unnoticed(t: TestContext, change: () => Promise<unknown>): Promise<void> {
    const load = await mixedLoad(edge, account);
    let report;
    try {
      await change();
    } finally {
      report = await load.stop();
    }
    t.diagnostic(JSON.stringify(report.answers));
    assert.deepEqual(report.failures, []);
    assert.ok(Object.values(report.answers).every((count) => count >= 5));
    const stored = await customers();
    const lost = [...report.created].filter((email) => !stored.has(email));
    assert.deepEqual(lost, [], "every write that was acknowledged is there");
  }

  before(async () => {
    const [httpPort = 0, httpsPort = 0] = await freePorts(2);
    settings = {
      domain: "example.org",
      tls: "selfsigned",
      edgeAddress: "127.0.0.1",
      httpPort: String(httpPort),
      httpsPort: String(httpsPort),
      replicas: "2",
      drainTimeout: "5",
      bakeTime: "3",
      requestRate: "100000",
      requestBurst: "100000",
      clientConnections: "10000",
      rateLimit: "0",
      keepReleases: "3",
    };
    deployment = await Deployment.of("prod", settings);
    const shape = parseSettings(deployment.stack, { ...settings, shape: "prod" }).edge;
    assert.ok(shape);
    edge = shape;
    settings["shape"] = "prod";
    await deployment.up();
    const [app] = await deployment.containers("app");
    const made = await finish(
      "docker",
      [
        "exec",
        "-i",
        app?.Id ?? "",
        "node",
        "src/create-admin.ts",
        "--email",
        account.email,
        "--password-stdin",
      ],
      { stdin: account.password },
    );
    assert.equal(made.status, 0, made.stderr);
  });
  after(async () => {
    await deployment.remove();
  });

  test("five code releases: no request fails, no write is lost; three are kept", async (t) => {
    const seen = [await running()];
    await unnoticed(t, async () => {
      for (const number of [1, 2, 3, 4, 5]) {
        edit(`Release ${number}.`);
        await deployment.up();
        seen.unshift(await running());
      }
    });
    assert.equal(new Set(seen).size, 6);
    const listed = await releases();
    assert.deepEqual(
      listed.map(({ release }) => release),
      seen.slice(0, 3),
    );
    assert.ok(listed.every(({ kept }) => kept));
    const images = await docker(["image", "ls", "--format", "{{.Tag}}", `berth/app-${deployment.stack}`]);
    assert.equal(images.split("\n").length, 3, images);
  });

  test("rotated database passwords, three times: the old one opens nothing, and nobody notices", async (t) => {
    const secret = async () => {
      const { stdout } = await deployment.pulumi("stack", "output", "--json", "--show-secrets");
      const { databaseUser, databasePassword } = JSON.parse(stdout) as Record<string, string>;
      return { user: databaseUser ?? "", password: databasePassword ?? "" };
    };
    const opens = async ({ user, password }: { user: string; password: string }) => {
      const tried = await finish(
        "docker",
        [
          ...["exec", "-i", "-e", "PGPASSWORD", await postgres()],
          ...["psql", "-XAtq", "-h", "postgres", "-U", user, "-d", "app", "-c", "select 1"],
        ],
        { env: { PGPASSWORD: password } },
      );
      return tried.status === 0;
    };
    await unnoticed(t, async () => {
      for (let times = 0; times < 3; times += 1) {
        const old = await secret();
        assert.ok(await opens(old));
        await berth("rotate", "database");
        const now = await secret();
        assert.notEqual(now.user, old.user);
        assert.notEqual(now.password, old.password);
        assert.ok(await opens(now));
        assert.ok(!(await opens(old)), "the old password is refused");
      }
    });
    settings["databaseRotation"] = "done";
  });

  test("shows none of its secrets to anybody who looks, the old ones neither", async () => {
    await assertSecrecy(deployment);
  });

  test("a rotated session key logs nobody out, and neither does one of Redis", async (t) => {
    await unnoticed(t, async () => {
      await berth("rotate", "session");
      await berth("rotate", "cache");
    });
  });
});
