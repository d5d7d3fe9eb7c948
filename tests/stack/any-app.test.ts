import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, test } from "node:test";
import { examine } from "../../cli/adoption/examine.ts";
import { buildFolder } from "../../infra/facts/build-log.ts";
import { writeHostileApp } from "../support/hostile-app.ts";
import { runProgram } from "../support/mock-engine.ts";
import { assertPolicies, containerType, ofType } from "../support/registered.ts";

const folder = mkdtempSync(join(tmpdir(), "berth-any-app-"));
after(() => {
  rmSync(folder, { recursive: true });
});
writeHostileApp(folder, { node: "node:24", debian: "debian:13" });
const { declaration } = examine(folder);
writeFileSync(join(folder, "berth.json"), JSON.stringify(declaration));

const registered = await runProgram("prod", {
  domain: "example.org",
  replicas: "2",
  appFolder: relative(process.cwd(), folder),
  env: '{"GREETING":"good day"}',
});
const named = (name: string) => registered.find((one) => one.name === name) ?? assert.fail(name);
const textOf = (value: unknown) => String(value);

test("an application that others wrote has replicas on its own port, and no worker", () => {
  const names = ofType(registered, containerType).map(({ name }) => name);
  assert.ok(names.includes("app-2") && !names.includes("worker"), names.join(" "));
  const { inputs } = named("app-1");
  assert.deepEqual([inputs["entrypoints"], inputs["command"]], [["node"], ["server.js"]]);
  assert.match(textOf(named("traffic-switch").inputs["stdin"]), /server app-1:3000 /);
  assert.match(
    textOf(named("traffic-switch").inputs["stdin"]),
    /proxy_pass http:\/\/application\/_edge\/health;/,
  );
});

test("its variables are plain where they may be, and secret ones are in a file", () => {
  const envs = named("app-1").inputs["envs"] as string[];
  assert.ok(envs.includes("GREETING=good day"), envs.join("\n"));
  assert.ok(envs.includes("PORT=3000"));
  assert.ok(envs.some((line) => /^BERTH_ENV_FILE=.*\/environment\.json$/.test(line)));
  assert.ok(!envs.some((line) => line.startsWith("DATABASE_URL")));
  const files = textOf(named("app-secrets-write").inputs["stdin"]);
  const [, content = ""] = /^environment\.json (\S+)$/m.exec(files) ?? [];
  const variables = JSON.parse(Buffer.from(content, "base64").toString("utf8")) as Record<string, string>;
  assert.match(variables["DATABASE_URL"] ?? "", /^postgres:\/\/app_a:[\w-]+@postgres:5432\/app$/);
  assert.ok((variables["SESSION_SECRET"] ?? "").length > 0);
});

test("its uploads are a volume that its user owns", () => {
  const environment = named("media-owner").inputs["environment"] as Record<string, string>;
  assert.deepEqual([environment["FOLDER"], environment["OWNER"]], ["/srv/uploads", "1000"]);
  const mounts = named("app-1").inputs["mounts"] as { target: string }[];
  assert.ok(mounts.some(({ target }) => target === "/srv/uploads"));
});

test("its Dockerfile is built as it is, with berth's folder and labels at the end", () => {
  const build = readFileSync(join(buildFolder("prod"), "Dockerfile"), "utf8");
  const own = readFileSync(join(folder, "Dockerfile"), "utf8");
  assert.ok(build.startsWith(own));
  assert.match(build, /COPY --from=images\/base-layer-provide \/berth \/berth\nENV NODE_OPTIONS=/);
  assert.match(build, /LABEL berth\.part=app .* berth\.migrations="20191228160809_create-todos"/);
});

test("its migrations run by its own command, as its user", () => {
  const create = textOf(named("migration-up").inputs["create"]);
  assert.match(
    create,
    /--user=1000:1000 --entrypoint=node .* node_modules\/knex\/bin\/cli\.js migrate:latest/,
  );
});

test("policies hold", () => {
  assertPolicies(registered);
});
