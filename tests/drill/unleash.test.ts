import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import type { EdgeConfig } from "../../stacks/edge.ts";
import type { Deployment } from "../support/deployment.ts";
import { finish } from "../support/docker.ts";
import { ask } from "../support/edge-client.ts";
import { prodDeployment } from "../support/prod-deployment.ts";
import { assertSecrecy } from "../support/secrecy.ts";
import { idleGap, visitors } from "../support/visitors.ts";

/** What a person writes into the berth.json that `adopt` has begun, a line each. */
const written = `
  "health": "/health",
  "migrate": { "up": "node node_modules/db-migrate/bin/db-migrate up --migrations-dir node_modules/unleash-server/dist/migrations" },
  "env": {
    "DATABASE_URL": "postgres://\${database.user}:\${secret.databasePassword|url}@\${database.host}:\${database.port}/\${database.name}",
    "DATABASE_SSL": "false",
    "DATABASE_DISABLE_MIGRATION": "true",
    "UNLEASH_URL": "\${publicUrl}"
  }`;

await describe("Unleash, from npm", { timeout: 1_800_000 }, () => {
  let deployment: Deployment;
  let edge: EdgeConfig;
  let cookie = "";
  const path = (name: string) => join(deployment.folder, "flags", name);
  const json = { "Content-Type": "application/json" };

  const berth = async (...args: string[]) => {
    const { status, stdout, stderr } = await deployment.berth(...args, "--stack", deployment.stack, "--yes");
    assert.equal(status, 0, stdout + stderr);
  };

  before(async () => {
    const limits = { requestRate: "100000", requestBurst: "100000", clientConnections: "10000" };
    const prod = await prodDeployment({ replicas: "2", drainTimeout: "4", bakeTime: "2", ...limits });
    ({ deployment, edge } = prod);
    rmSync(join(deployment.folder, "app"), { recursive: true });
    mkdirSync(path(""));
    const pack = {
      name: "flags",
      private: true,
      scripts: { start: "node node_modules/unleash-server/dist/server.js" },
      dependencies: { "unleash-server": "8.2.0" },
    };
    writeFileSync(path("package.json"), JSON.stringify(pack));
    const lock = ["install", "--package-lock-only", "--no-audit", "--no-fund"];
    const locked = await finish("npm", lock, { cwd: path("") });
    assert.equal(locked.status, 0, locked.stderr);
    deployment.configure({ ...prod.settings, appFolder: "flags" });
  });
  after(async () => {
    await deployment.remove();
  });

  /** No request fails meanwhile, no flag is lost, and nobody is logged out. */
  const unnoticed = async (t: TestContext, work: () => Promise<unknown>) => {
    const created: string[] = [];
    const agent = new Agent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false });
    const signedIn = { ...json, Cookie: cookie };
    const flags = "/api/admin/projects/default/features";
    const make = async () => {
      const name = randomUUID();
      const body = JSON.stringify({ name, type: "release" });
      const answer = await ask(edge, flags, { method: "POST", headers: signedIn, body, agent });
      if (answer.status === 201) created.push(name);
      return answer;
    };
    const load = visitors([
      { kind: "a flag after a gap", count: 4, pause: idleGap, status: 201, once: make },
      { kind: "health", pause: () => 500, status: 200, once: () => ask(edge, "/health") },
      {
        kind: "who am I",
        pause: () => 1500,
        status: 200,
        once: () => ask(edge, "/api/admin/user", { headers: signedIn }),
      },
    ]);
    let report;
    try {
      await work();
    } finally {
      report = await load.stop();
      agent.destroy();
    }
    t.diagnostic(JSON.stringify(report.answers));
    assert.deepEqual(report.failures, []);
    const { body } = await ask(edge, flags, { headers: signedIn });
    const { features } = JSON.parse(body) as { features: { name: string }[] };
    const stored = features.map(({ name }) => name);
    assert.equal(new Set(stored).size, stored.length);
    assert.deepEqual(
      created.filter((name) => !stored.includes(name)),
      [],
    );
    assert.ok(created.length >= 4);
  };

  test("is adopted and deployed with fifteen lines at most, none of them code", async () => {
    const adopted = await deployment.berth("adopt", "flags", "--write");
    assert.equal(adopted.status, 0, adopted.stderr);
    const begun = JSON.parse(readFileSync(path("berth.json"), "utf8")) as Record<string, unknown>;
    const lines = written.trim().split("\n");
    assert.ok(lines.length <= 15);
    writeFileSync(
      path("berth.json"),
      JSON.stringify({ ...begun, ...(JSON.parse(`{${written}}`) as Record<string, unknown>) }),
    );
    await deployment.up();
    const login = await ask(edge, "/auth/simple/login", {
      method: "POST",
      headers: json,
      body: JSON.stringify({ username: "admin", password: "unleash4all" }),
    });
    assert.equal(login.status, 200, login.body);
    cookie = (login.headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");
    const page = await ask(edge, "/");
    assert.match(page.body, /<title>Unleash/);
  });

  test("is released: no request fails", async (t) => {
    await unnoticed(t, async () => {
      const pack = JSON.parse(readFileSync(path("package.json"), "utf8")) as object;
      writeFileSync(path("package.json"), JSON.stringify({ ...pack, version: "2.0.0" }));
      await deployment.up();
    });
  });

  test("has its database password rotated: no request fails, and nobody is logged out", async (t) => {
    await unnoticed(t, () => berth("rotate", "all"));
  });

  test("is rolled back: no request fails", async (t) => {
    await unnoticed(t, () => berth("rollback"));
  });

  test("shows none of its secrets anywhere", async () => {
    await assertSecrecy(deployment);
  });
});
