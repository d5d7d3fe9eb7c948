import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container } from "../../system/container.ts";
import { renderFindings } from "../../cli/host-checks/finding.ts";
import { clockFinding } from "../../cli/host-checks/clock.ts";
import type { StackKind } from "../../stacks/stack-config.ts";
import { mailFindings } from "../../cli/host-checks/stack-findings.ts";
import { levelOf, wantedLines } from "../../cli/status/log-filter.ts";
import { mergeLogs, parseLog } from "../../cli/status/log-lines.ts";
import { runningPart } from "../../cli/docker/stack-docker.ts";
import { renderStatus, reportStatus } from "../../cli/status/status-report.ts";
import { conditionOf, isUnhealthy } from "../../cli/docker/container-condition.ts";
import { renderUpFailure } from "../../cli/deploy/up-failure.ts";
import { renderUpSummary } from "../../cli/deploy/up-summary.ts";

const now = new Date("2026-11-21T12:10:00Z");

function container(changes: Partial<Container>): Container {
  return {
    id: "c1",
    name: "berth-dev-app-1",
    stack: "dev",
    part: "app",
    release: "r1",
    image: "berth/app:r1",
    status: "running",
    exitCode: 0,
    health: "healthy",
    created: new Date("2026-11-21T12:00:00Z"),
    started: new Date("2026-11-21T12:00:00Z"),
    ports: [],
    publicUrls: [],
    ...changes,
  };
}

test("a container is healthy while it runs and is healthy, or once it has done its one thing", () => {
  const cases: [Partial<Container>, string, boolean][] = [
    [{}, "healthy", false],
    [{ health: undefined }, "running", false],
    [{ health: "starting" }, "starting", true],
    [{ health: "unhealthy" }, "unhealthy", true],
    [{ outOfService: true }, "out of service", true],
    [{ outOfService: true, health: "starting" }, "starting", true],
    [{ status: "restarting" }, "restarting", true],
    [{ status: "created" }, "created", true],
    [{ status: "exited", exitCode: 0 }, "done", false],
    [{ status: "exited", exitCode: 137 }, "exited with code 137", true],
  ];
  for (const [changes, condition, unhealthy] of cases) {
    assert.deepEqual(
      [conditionOf(container(changes)), isUnhealthy(container(changes))],
      [condition, unhealthy],
    );
  }
});

test("status is a table for people and an object for programs", () => {
  const containers = [
    container({ ports: [{ address: "127.0.0.1", port: 8000, inside: 8000 }] }),
    container({ part: "postgres", name: "berth-dev-postgres", release: undefined, health: "unhealthy" }),
  ];
  const report = reportStatus("dev", containers, now, undefined);
  assert.equal(
    renderStatus(report),
    [
      "PART      CONDITION  UP FOR     RELEASE  CONTAINER           ADDRESSES",
      "app       healthy    10 m 00 s  r1       berth-dev-app-1     http://127.0.0.1:8000",
      "postgres  unhealthy  10 m 00 s  -        berth-dev-postgres  -",
    ].join("\n"),
  );
  assert.deepEqual(report.parts[0], {
    part: "app",
    container: "berth-dev-app-1",
    id: "c1",
    condition: "healthy",
    healthy: true,
    release: "r1",
    image: "berth/app:r1",
    started: "2026-11-21T12:00:00.000Z",
    uptimeSeconds: 600,
    addresses: ["http://127.0.0.1:8000"],
  });
  assert.equal(report.healthy, false);
});

test("a proxy is listed with the addresses of its names, never with those of its ports", () => {
  const ports = [
    { address: "0.0.0.0", port: 8081, inside: 8080 },
    { address: "0.0.0.0", port: 8443, inside: 8443 },
  ];
  const publicUrls = [
    "https://example.org:8443",
    "https://www.example.org:8443",
    "https://*.example.org:8443",
  ];
  const old = container({ status: "exited", publicUrls: ["http://old.example.org"] });
  const containers = [old, container({ publicUrls }), container({ part: "nginx", ports })];
  const addressesIn = (all: Container[]) =>
    reportStatus("prod", all, now, undefined).parts.find(({ part }) => part === "nginx")?.addresses;
  assert.deepEqual(addressesIn(containers), ["https://example.org:8443", "https://www.example.org:8443"]);
  assert.deepEqual(addressesIn([container({ part: "nginx", ports })]), []);
});

test("an application without a proxy is listed where people reach it, and at its port", () => {
  const ports = [{ address: "0.0.0.0", port: 8000, inside: 8000 }];
  const addressesOf = (changes: Partial<Container>, engine?: string) =>
    reportStatus("basic", [container({ ports, ...changes })], now, engine).parts[0]?.addresses;
  assert.deepEqual(addressesOf({ publicUrls: ["https://shop.example.org", "http://localhost:*"] }), [
    "https://shop.example.org",
    "http://127.0.0.1:8000",
  ]);
  assert.deepEqual(addressesOf({}, "ssh://deploy@shop.example"), ["http://shop.example:8000"]);
});

test("a stack without running containers is not healthy, and status says how to start it", () => {
  const report = reportStatus("basic", [], now, undefined);
  assert.equal(report.healthy, false);
  assert.equal(renderStatus(report), "Nothing of stack basic runs. Start it: npx berth up --stack basic");
  assert.equal(reportStatus("dev", [container({ status: "exited" })], now, undefined).healthy, false);
});

test("an unknown part is answered with the running ones", () => {
  const containers = [container({}), container({ part: "postgres", status: "exited", name: "db" })];
  assert.equal(runningPart(containers, "dev", "app").id, "c1");
  assert.equal(runningPart(containers, "dev", "berth-dev-app-1").id, "c1");
  assert.throws(
    () => runningPart(containers, "dev", "postgres"),
    /Stack dev has no running postgres\. Running: app\./,
  );
  assert.throws(() => runningPart([], "prod", "app"), /Start it: npx berth up --stack prod/);
});

test("up ends with addresses, times and what to try next", () => {
  const text = renderUpSummary({
    stack: "dev",
    hotReload: true,
    sharedProxy: false,
    addresses: [
      { part: "app", address: "http://127.0.0.1:8000" },
      { part: "postgres", address: "postgres://127.0.0.1:5433" },
    ],
    steps: [{ title: "Docker", seconds: 0.11, worked: false }],
    report: { parts: [{ name: "App", seconds: 4 }], failed: [], cancelled: false },
    update: 20,
    total: 21.4,
  });
  assert.equal(
    text,
    `Stack dev is up (21 s).

  app       http://127.0.0.1:8000
  postgres  postgres://127.0.0.1:5433

Time:
  Docker     0.1 s
  pulumi up  20 s
    App      4.0 s

Next:
  edit app/src       the running application follows within two seconds
  npx berth status   what runs, and whether it is healthy
  npx berth logs -f  what it says
  npx berth psql     a prompt in its database
  npx berth down     take it down; its data stays`,
  );
});

test("a failed up shows what is unhealthy, what still serves and what to do", () => {
  const text = renderUpFailure({
    stack: "basic",
    failed: ["app-1"],
    unhealthy: [
      {
        container: container({ name: "berth-basic-app-2", health: "unhealthy" }),
        log: "listening\nno database\n",
      },
    ],
    serving: [container({ name: "berth-basic-app-1" })],
    total: 61,
  });
  assert.equal(
    text,
    `up of stack basic failed at app-1 after 1 m 01 s; what Pulumi says about it is above.

Container berth-basic-app-2 (app) is unhealthy; its last lines:
  | listening
  | no database

Still serving: berth-basic-app-1 (release r1).
Next: mend what is above and run npx berth up --stack basic again; npx berth logs --stack basic shows more. Data is untouched.`,
  );
  const alone = renderUpFailure({ stack: "dev", failed: [], unhealthy: [], serving: [], total: 1 });
  assert.match(
    alone,
    /^up of stack dev failed after 1\.0 s.*\n\nNothing of the application serves now\.\nNext: .*npx berth up again/,
  );
});

test("logs of several containers come in the order of time, the last ones", () => {
  const app = parseLog(
    "app",
    "2026-11-21T12:00:01.000000002Z second\n2026-11-21T12:00:01.000000004Z fourth\n",
  );
  const db = parseLog("postgres", "2026-11-21T12:00:01.000000001Z first\n2026-11-21T12:00:01.000000003Z \n");
  assert.deepEqual(mergeLogs([...app, ...db], 3), ["app      | second", "postgres | ", "app      | fourth"]);
  assert.deepEqual(mergeLogs([], 10), []);
});

test("the doctor shows each remedy under its finding, and counts", () => {
  assert.equal(
    renderFindings([
      { name: "Node", state: "ok", text: "24.21.0" },
      {
        name: "Docker",
        state: "problem",
        text: "no answer",
        remedy: "Start it:\n  sudo systemctl start docker",
      },
    ]),
    "✓ Node    24.21.0\n✗ Docker  no answer\n          Start it:\n            sudo systemctl start docker\n\n1 problem to mend before up can work.",
  );
  assert.match(
    renderFindings([{ name: "Memory", state: "warning", text: "little" }]),
    /up can work; 1 thing to look at\.$/,
  );
  assert.match(renderFindings([{ name: "Node", state: "ok", text: "24" }]), /Nothing stands in the way\.$/);
});

test("clocks that differ, or that lie before the checkout's own files, are a problem", () => {
  const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);
  const clocks = (docker: Date | undefined, newestFile: Date) =>
    clockFinding({ here: now, docker, newestFile });
  assert.equal(clocks(later(2), now).state, "ok");
  assert.equal(clocks(undefined, now).state, "ok");
  const apart = clocks(later(-300), now);
  assert.deepEqual([apart.state, apart.text], ["problem", "5 m 00 s apart from the engine's"]);
  assert.match(clocks(now, later(7200)).text, /^2 h 00 m behind the files of this checkout$/);
});

test("the doctor warns if people can register and there is no mail server", () => {
  const settingsOf = (kind: StackKind, values: Readonly<Record<string, string>>) => ({
    file: {
      values,
      secure: [],
      partlyPlain: [],
      keys: [],
      anySecure: false,
      salt: undefined,
      secretsProvider: undefined,
    },
    kind,
    config: undefined,
  });
  assert.deepEqual(mailFindings(settingsOf("dev", {}), "dev"), []);
  for (const shape of ["basic", "prod"] as const) {
    const [missing] = mailFindings(settingsOf(shape, {}), shape);
    assert.equal(missing?.state, "warning");
    assert.match(missing.remedy ?? "", new RegExp(`pulumi config set smtpUrl .* --stack ${shape}`));
    const [found] = mailFindings(settingsOf(shape, { smtpUrl: "smtp://mail.example.org" }), shape);
    assert.match(found?.text ?? "", new RegExp(`npx berth test-mail ADDRESS --stack ${shape}`));
    assert.equal(found?.state, "ok");
  }
});

test("a failed build is shown with the end of its output", () => {
  const text = renderUpFailure({
    stack: "dev",
    failed: ["app-image"],
    unhealthy: [],
    build: "#8 0.5 npm error notarget\n#8 ERROR: exit code: 1",
    serving: [],
    total: 1,
  });
  assert.match(
    text,
    /output of the image's build:\n {2}\| #8 0\.5 npm error notarget\n {2}\| #8 ERROR: exit code: 1\n/,
  );
});

test("a log line has the level that it says, in the words of each program", () => {
  for (const [text, level] of [
    ['{"time":"2026-11-21","level":"info","msg":"access","request_id":"ab12"}', "info"],
    ['{"level":"error","time":1,"msg":"it failed"}', "error"],
    ['{"level": "warn", "msg": "cut off', "warn"],
    ["2026-11-21 12:00:01.123 UTC [71] ERROR:  relation does not exist", "error"],
    ["2026-11-21 12:00:01.123 UTC [1] LOG:  database system is ready", "info"],
    ["2026/11/21 12:00:01 [crit] 7#7: *1 SSL_do_handshake() failed", "error"],
    ["listening on port 3000", undefined],
    ["the word ERROR alone is no level", undefined],
  ] as const)
    assert.equal(levelOf(text), level, text);
});

test("lines are chosen by level and request, with what belongs to them", () => {
  const chosen = (filter: Parameters<typeof wantedLines>[0], lines: readonly string[]) =>
    lines.filter(wantedLines(filter));
  const postgres = [
    "[1] LOG:  ready",
    "[7] ERROR:  no such table",
    "[7] STATEMENT:  select 1",
    "[1] LOG:  done",
  ];
  assert.deepEqual(chosen({ level: "error" }, postgres), postgres.slice(1, 3));
  const app = [
    "started",
    "TypeError: no",
    "    at main.ts:1",
    '{"level":"fatal","msg":"ended"}',
    "    at main.ts:2",
  ];
  assert.deepEqual(chosen({ level: "error" }, app), app.slice(3));
  assert.deepEqual(chosen({}, app), app);
  const requests = ['{"level":"info","request_id":"ab12"}', '{"level":"error","request_id":"cd34"}'];
  assert.deepEqual(chosen({ request: "ab12" }, requests), requests.slice(0, 1));
  assert.deepEqual(chosen({ level: "warn", request: "ab12" }, requests), []);
});
