import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { z } from "zod";
import { isQuiet, parseAlerts, renderAlerts } from "../../cli/status/alert-report.ts";
import { readDeclaration } from "../../declaration/read-declaration.ts";
import { watchRoleSql } from "../../infra/rendering/watch-role-sql.ts";
import { watchSettings } from "../../infra/rendering/watch-settings.ts";
import { parseSettings, SettingsError } from "../../stacks/parse.ts";

const root = join(import.meta.dirname, "../..");
const secrets = new Set(["alertsWebhook", "alertsHeartbeat"]);
const webhook = { alertsWebhook: "https://hooks.example.org/token" };

function problemsOf(raw: Record<string, string>): readonly string[] {
  try {
    parseSettings("prod", raw, secrets);
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.problems;
  }
  return [];
}

/** What the watcher of a stack is told. */
function told(stack: string, raw: Record<string, string>, worker = true) {
  const config = parseSettings(stack, raw, secrets);
  assert.ok(config.alerts);
  const declaration = readDeclaration(root, "app");
  const settings = watchSettings(config, config.alerts, {
    project: "shop",
    stack,
    declaration: worker ? declaration : { ...declaration, worker: undefined },
    health: "/health/ready",
    hosts: { database: "postgres", cache: "redis" },
    database: "app",
  });
  return z.record(z.string(), z.unknown()).parse(JSON.parse(settings));
}

describe("settings of alerts", () => {
  test("nobody is told unless a setting says whom", () => {
    assert.equal(parseSettings("prod", {}).alerts, undefined);
    assert.equal(parseSettings("prod", { alertsRepeat: "8" }).alerts, undefined);
    assert.ok(parseSettings("basic", webhook, secrets).alerts);
    assert.ok(parseSettings("prod", { alertsHeartbeat: "https://ping.example.org/x" }, secrets).alerts);
  });

  test("e-mail needs a mail server, and every recipient an address", () => {
    const mail = { smtpUrl: "smtp://mail.example.org:587", mailFrom: "shop@example.org" };
    assert.deepEqual(problemsOf({ alertsMail: "ops@example.org, night@example.org", ...mail }), []);
    assert.match(
      problemsOf({ alertsMail: "ops@example.org" }).join("\n"),
      /^alertsMail: needs a mail server\. Fix: pulumi config set smtpUrl .* --stack prod/,
    );
    assert.match(
      problemsOf({ alertsMail: "ops", ...mail }).join("\n"),
      /^alertsMail: expected e-mail addresses/,
    );
  });

  test("addresses hold tokens, so they are refused in the open", () => {
    assert.throws(
      () => parseSettings("prod", webhook),
      /alertsWebhook: is not encrypted.*--secret alertsWebhook/s,
    );
  });
});

describe("what the watcher is told", () => {
  test("parts that are not deployed are not there", () => {
    const basic = told("basic", webhook);
    assert.deepEqual(
      [basic["edge"], basic["cache"], basic["worker"], basic["backups"], basic["mail"]],
      [null, null, null, false, null],
    );
    const prod = told("prod", { ...webhook, domain: "example.org" });
    assert.deepEqual(prod["edge"], {
      edgeHost: "nginx",
      port: 8443,
      name: "example.org",
      tls: true,
      proxyProtocol: false,
    });
    assert.equal(told("prod", webhook, false)["worker"], null);
    const joined = told("prod", { ...webhook, domain: "example.org", proxy: "front" });
    assert.equal(z.object({ proxyProtocol: z.boolean() }).parse(joined["edge"]).proxyProtocol, true);
  });

  test("a mail server is told with its port, and whether TLS comes first", () => {
    const server = (smtpUrl: string) => {
      const mail = { alertsMail: "ops@example.org", mailFrom: "shop@example.org", smtpUrl };
      return z.record(z.string(), z.unknown()).parse(told("prod", mail)["mail"]);
    };
    for (const [url, port, tlsFirst] of [
      ["smtp://mail.example.org", 587, false],
      ["smtps://mail.example.org", 465, true],
      ["smtp://mail.example.org:2525", 2525, false],
    ] as const) {
      const found = server(url);
      assert.deepEqual(
        [found["server"], found["port"], found["tlsFirst"]],
        ["mail.example.org", port, tlsFirst],
      );
    }
  });

  test("a container may use the connections of all its processes", () => {
    const { database } = told("basic", { ...webhook, processes: "3", databasePoolMax: "4" });
    assert.deepEqual(database, { databaseHost: "postgres", name: "app", pool: 12 });
  });

  test("a roll has its time: one replica after the other is away", () => {
    const grace = (raw: Record<string, string>) =>
      z
        .object({ grace: z.number() })
        .parse(told("prod", { ...webhook, domain: "example.org", ...raw })["replicas"]).grace;
    assert.equal(grace({}), 60);
    assert.equal(grace({ strategy: "rolling", drainTimeout: "10" }), 60 + 90 + 10);
  });
});

test("the watcher's role reads statistics and columns that count, and its password is in no statement", () => {
  const sql = watchRoleSql("watch-secret", "app");
  assert.doesNotMatch(sql, /watch-secret|pg_monitor|SUPERUSER(?<!NOSUPERUSER)/);
  assert.deepEqual(sql.match(/GRANT SELECT \([^)]+\) ON %I\.\w+/g), [
    "GRANT SELECT (name, state, start_after) ON %I.job",
    "GRANT SELECT (name, dead_letter) ON %I.queue",
    "GRANT SELECT (name, state, start_after) ON %I.job",
    "GRANT SELECT (name, dead_letter) ON %I.queue",
  ]);
});

describe("berth alerts", () => {
  const rule = { severity: "critical", since: 1_800_000_000, details: [] as string[] };
  const report = (state: string, ok = true) =>
    parseAlerts(
      JSON.stringify({
        at: 1_800_000_600,
        rules: [
          { name: "disk-full", ...rule, state: "ok" },
          { name: "replica-down", ...rule, state, details: ["1 of 2 replicas answer", "app-2 does not run"] },
        ],
        channels: { webhook: { at: 1_800_000_540, ok, answer: ok ? "200 ok" : "503 not now" }, mail: null },
        waiting: 0,
        heartbeat: { at: 1_800_000_590, ok: true, answer: "200" },
        heartbeatInterval: 300,
      }),
    );

  test("shows what fires first, and what receivers answered", () => {
    const text = renderAlerts(report("firing"));
    assert.match(
      text,
      /^RULE .*\nreplica-down +firing +10 m 00 s +1 of 2 replicas answer; app-2 does not run\ndisk-full +ok/,
    );
    assert.match(text, /^webhook: took the last message 1 m 00 s ago: 200 ok$/m);
    assert.match(text, /^mail: nothing was sent yet$/m);
    assert.match(text, /^heartbeat: answered 10 s ago, each 5 m 00 s: 200$/m);
    assert.match(renderAlerts(report("ok", false)), /^webhook: did NOT take the last message/m);
  });

  test("is well while nothing fires and receivers take what they get", () => {
    assert.deepEqual([report("ok"), report("pending"), report("firing"), report("ok", false)].map(isQuiet), [
      true,
      true,
      false,
      false,
    ]);
  });
});

test("every rule has a runbook, and every runbook a rule and commands", () => {
  const source = readFileSync(join(root, "images/watcher/berth_watch/rules.py"), "utf8");
  const rules = [...source.matchAll(/Rule\("([a-z-]+)"/g)].map(([, name = ""]) => name);
  const folder = join(root, "docs/runbooks");
  const books = readdirSync(folder).filter((name) => name !== "README.md");
  assert.deepEqual(books.sort(), rules.map((name) => `${name}.md`).sort());
  const index = readFileSync(join(folder, "README.md"), "utf8");
  for (const name of books) {
    assert.match(readFileSync(join(folder, name), "utf8"), /^```sh\n(?:# .+\n\S.+\n)+```$/m, name);
    assert.ok(index.includes(`(${name})`), name);
  }
});
