import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { registerTestStack } from "../../cli/testing/test-run.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { parseSettings } from "../../stacks/parse.ts";
import { baseImage } from "../support/base-image.ts";
import { copyCheckout } from "../support/deployment.ts";
import { commandBlocks, runAsWritten } from "../support/doc-commands.ts";
import { ask } from "../support/edge-client.ts";
import { freePorts } from "../support/free-ports.ts";
import { laterMigrations, writeHostileApp } from "../support/hostile-app.ts";
import { signInToTodos, whileInUse } from "../support/todo-load.ts";

await describe("docs/your-app.md, on an application that others wrote", { timeout: 900_000 }, () => {
  const stack = `any-${randomBytes(3).toString("hex")}`;
  let place: string;
  let edge: EdgeConfig;
  let forget: () => void;
  const shop = (name: string) => join(place, "shop", name);
  const [state = ""] = commandBlocks("docs/deployment.md", "Production");

  async function run(...commands: readonly string[]): Promise<string> {
    const where = { folder: join(place, "berth"), home: join(place, "home"), stack };
    const { status, stdout, stderr } = await runAsWritten(where, [state, ...commands]);
    assert.equal(status, 0, `${commands.join("\n")}\n${stdout}${stderr}`);
    return stdout + stderr;
  }

  before(async () => {
    place = mkdtempSync(join(tmpdir(), "berth-any-app-"));
    forget = registerTestStack({ stack, paths: [place] });
    for (const folder of ["home", "berth"]) mkdirSync(join(place, folder));
    await copyCheckout(join(place, "berth"));
    // Nothing but the application's own folder is the application.
    rmSync(join(place, "berth", "app"), { recursive: true });
    const [node, debian] = await Promise.all([
      baseImage("node"),
      baseImage("debian"),
      baseImage("machine-ca"),
    ]);
    writeHostileApp(shop(""), { node, debian });
    writeFileSync(
      shop(".env"),
      "DATABASE_URL=postgres://me:hunter2@db/shop\nSESSION_SECRET=hunter2\nGREETING=good evening\nPAYMENT_KEY=sk_live_1\n",
    );
    const [httpPort = 0, httpsPort = 0] = await freePorts(2);
    const settings = {
      ...{ shape: "prod", domain: "example.org", tls: "selfsigned", proxyAddress: "127.0.0.1" },
      ...{ httpPort: String(httpPort), httpsPort: String(httpsPort), backups: "false", cache: "false" },
      ...{ replicas: "2", drainTimeout: "4", bakeTime: "2" },
      ...{ requestRate: "100000", requestBurst: "100000", clientConnections: "10000" },
    };
    const lines = Object.entries(settings).map(([key, value]) => `  berth:${key}: "${value}"`);
    writeFileSync(join(place, "berth", `Pulumi.${stack}.yaml`), ["config:", ...lines, ""].join("\n"));
    edge = parseSettings(stack, settings).edge ?? assert.fail("prod has an edge");
  });
  after(async () => {
    await run("npx berth down --stack prod --volumes --yes");
    rmSync(place, { recursive: true, force: true });
    forget();
  });

  test("its commands adopt and deploy it, without a line by hand", async () => {
    // The drill adopt-try runs the rehearsal, which takes longer than a test may.
    const steps = commandBlocks("docs/your-app.md", "In four steps").filter(
      (block) => !block.includes("--try"),
    );
    assert.equal(steps.length, 3);
    const said = await run(...steps);
    assert.match(said, /health +answered by berth's layer/);
    assert.match(said, /Not taken, because the stack has its own: DATABASE_URL, SESSION_SECRET\./);
    assert.match(said, new RegExp(`Stack ${stack} is up`));
    assert.equal((await ask(edge, "/")).body, "release 0, good evening");
    assert.equal((await ask(edge, "/payment")).body, "string");
  });

  test("the values of its .env are settings of the stack, and the secret ones are encrypted", () => {
    const settings = readFileSync(join(place, "berth", `Pulumi.${stack}.yaml`), "utf8");
    assert.match(settings, /GREETING: good evening/);
    assert.match(settings, /paymentKey:\s+secure: /);
    assert.doesNotMatch(settings + readFileSync(shop("berth.json"), "utf8"), /sk_live_1|hunter2/);
  });

  test("a migration that the running release would not survive is refused by the preview", async () => {
    writeFileSync(shop(laterMigrations.breaking.name), laterMigrations.breaking.text);
    const where = { folder: join(place, "berth"), home: join(place, "home"), stack };
    const { status, stdout, stderr } = await runAsWritten(where, [state, "npx berth preview --stack prod"]);
    assert.notEqual(status, 0);
    assert.match(stdout + stderr, /rename-title\.js renames todos\.title to text/);
    rmSync(shop(laterMigrations.breaking.name));
  });

  test("a release with an additive migration, a rotation and a roll-back: no request fails", async (t) => {
    const report = await whileInUse(t, edge, await signInToTodos(edge, "anna"), async () => {
      const server = readFileSync(shop("server.js"), "utf8");
      writeFileSync(shop("server.js"), server.replace("release 0", "release 1"));
      writeFileSync(shop(laterMigrations.additive.name), laterMigrations.additive.text);
      await run("npx berth up --stack prod", "npx berth rotate all --stack prod --yes");
      assert.equal((await ask(edge, "/")).body, "release 1, good evening");
      await run("npx berth rollback --stack prod --yes");
    });
    assert.deepEqual(report.failures, []);
    assert.equal((await ask(edge, "/")).body, "release 0, good evening");
  });
});
