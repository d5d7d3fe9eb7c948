import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import { parseContainers, type Container } from "../../system/container.ts";
import { diskFinding, parseDf } from "../../cli/host-checks/disk-space.ts";
import { foreignFindings } from "../../cli/host-checks/foreign-containers.ts";
import { memoryFinding, releaseMemory } from "../../cli/host-checks/memory.ts";
import { listeners, ownerOf, parseProcNetTcp } from "../../cli/host-checks/listening.ts";
import { portFindings, type PortUse } from "../../cli/host-checks/ports.ts";
import { renderProblems } from "../../cli/host-checks/finding.ts";
import { parseSettings } from "../../stacks/parse.ts";

const wanted = { part: "app", setting: "appPort", address: "127.0.0.1", port: 8000 };
const free: PortUse = { containers: [], own: new Set(), listeners: [], ownerOf: () => undefined };

function container(changes: Partial<Container>): Container {
  return {
    id: "c1",
    name: "web",
    stack: undefined,
    part: "web",
    release: undefined,
    image: "web:1",
    status: "running",
    exitCode: 0,
    health: undefined,
    created: new Date(0),
    started: new Date(0),
    ports: [{ address: "127.0.0.1", port: 8000, inside: 80 }],
    publicUrls: [],
    ...changes,
  };
}

test("a free port, and one that the stack itself uses, are no problem", () => {
  assert.equal(portFindings("dev", [wanted], free)[0]?.state, "ok");
  const own = { ...free, containers: [container({ stack: "dev" })], own: new Set(["c1"]) };
  assert.deepEqual(portFindings("dev", [wanted], own), [
    { name: "Ports", state: "ok", text: "8000: free, or the stack's own" },
  ]);
});

test("a port in use is reported with its program and the command that moves the stack", () => {
  const problem = (use: Partial<PortUse>) => {
    const findings = portFindings("dev", [wanted], { ...free, ...use });
    assert.equal(findings[0]?.state, "problem");
    return renderProblems(findings);
  };
  const socket = { address: "0.0.0.0", port: 8000, inode: "77" };
  assert.equal(
    problem({ listeners: [socket], ownerOf: (inode) => `nginx (process ${inode})` }),
    "  - Ports: port 8000 of 127.0.0.1 (app) is used by nginx (process 77). Free it, or choose another: pulumi config set appPort PORT --stack dev",
  );
  assert.match(problem({ listeners: [socket] }), /used by another process, whose name only root can see/);
  assert.match(problem({ containers: [container({})] }), /used by container web\./);
  assert.match(
    problem({ containers: [container({ stack: "shop" })] }),
    /used by container web of stack shop\./,
  );
  assert.match(
    problem({ containers: [container({ stack: "dev" })] }),
    /container web of another checkout's stack dev\./,
  );
});

test("reports every port in use at once; other addresses and ports are free", () => {
  const second = { ...wanted, part: "adminer", setting: "adminerPort", port: 8080 };
  const use = {
    ...free,
    listeners: [
      { address: "::", port: 8000, inode: "1" },
      { address: "127.0.0.1", port: 8080, inode: "2" },
      { address: "10.0.0.1", port: 5433, inode: "3" },
    ],
  };
  const third = { ...wanted, setting: "databasePort", port: 5433 };
  const told = portFindings("dev", [wanted, second, third], use);
  assert.deepEqual(
    told.map(({ remedy = "" }) => /config set (\w+)/.exec(remedy)?.[1]),
    ["appPort", "adminerPort"],
  );
});

test("a stack of the same name from another state is refused: both would write the same data", () => {
  const running = [
    container({ id: "c1", name: "berth-dev-postgres-1", stack: "dev", part: "postgres" }),
    container({ id: "c2", name: "berth-shop-postgres", stack: "shop", part: "postgres" }),
    container({ id: "c3", name: "berth-dev-migrate-1", stack: "dev", part: "migration" }),
  ];
  const dev = { project: "berth", stack: "dev" };
  const shop = [container({ id: "c4", stack: "dev", project: "shop", part: "postgres" })];
  assert.deepEqual(foreignFindings(dev, shop, new Set()), [], "another project's stack has data of its own");
  assert.deepEqual(foreignFindings(dev, running, new Set(["c1"])), []);
  const [problem, ...more] = foreignFindings(dev, running, new Set());
  assert.deepEqual(more, []);
  assert.match(problem?.text ?? "", /^stack dev runs on this engine already/);
  assert.match(problem?.remedy ?? "", /docker rm --force berth-dev-postgres-1$/);
});

test("listening sockets are read from the kernel's table", () => {
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 125 1",
    "   1: 0100007F:1F41 0100007F:0016 01 00000000:00000000 00:00000000 00000000     0        0 126 1",
    "   2: 00000000000000000000000001000000:1F42 00000000000000000000000000000000:0000 0A 0:0 00:0 0     0        0 127 1",
    "   3: 0000000000000000FFFF00000100007F:1F43 00000000000000000000000000000000:0000 0A 0:0 00:0 0     0        0 128 1",
    "   4: 00000000000000000000000000000000:1F44 00000000000000000000000000000000:0000 0A 0:0 00:0 0     0        0 129 1",
    "   5: B80D01200000000000000000B80D0120:1F45 00000000000000000000000000000000:0000 0A 0:0 00:0 0     0        0 130 1",
  ].join("\n");
  assert.deepEqual(parseProcNetTcp(table), [
    { address: "127.0.0.1", port: 8000, inode: "125" },
    { address: "::1", port: 8002, inode: "127" },
    { address: "127.0.0.1", port: 8003, inode: "128" },
    { address: "::", port: 8004, inode: "129" },
    { address: "2001:db8:0:0:0:0:2001:db8", port: 8005, inode: "130" },
  ]);
});

test("a real listening socket is found with its process", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const found = listeners().find((socket) => socket.port === port);
  assert.equal(found?.address, "127.0.0.1");
  assert.equal(ownerOf(found.inode), `node (process ${process.pid})`);
  assert.equal(ownerOf("no such inode"), undefined);
});

test("too little disk space is reported with the amount and what to do; an unknown amount is no problem", () => {
  assert.equal(diskFinding(2 * 2 ** 30, 2, "/var/lib/docker").state, "ok");
  assert.equal(diskFinding(undefined, 2, "/var/lib/docker").state, "ok");
  const little = diskFinding(1.25 * 2 ** 30, 2, "/var/lib/docker");
  assert.equal(little.state, "problem");
  assert.match(little.text, /^1\.3 GiB free in \/var\/lib\/docker, and 2 GiB are needed/);
  assert.match(little.remedy ?? "", /docker system df\n.*docker builder prune, then docker image prune$/);
  assert.doesNotMatch(little.remedy ?? "", /prune (?:-a|--all)/);
  const df = "Filesystem 1024-blocks Used Available Capacity Mounted on\noverlay 1000 400 600 40% /\n";
  assert.equal(parseDf(df), 600 * 1024);
  assert.equal(parseDf("df: not found\n"), undefined);
});

test("containers are read from docker inspect, with Docker's empty address for all", () => {
  const inspected = (name: string, labels: object, ports: object) => ({
    Id: `id-of-${name}`,
    Name: `/${name}`,
    Created: "2026-11-21T12:00:00.5Z",
    State: {
      Status: "running",
      ExitCode: 0,
      StartedAt: "2026-11-21T12:00:01Z",
      Health: { Status: "healthy" },
    },
    Config: { Image: "berth/app:1", Labels: labels },
    NetworkSettings: { Ports: ports },
  });
  const image = { "berth.stack": "dev", "berth.part": "app" };
  const [app, byHand, other] = parseContainers(
    JSON.stringify([
      inspected("web", {}, { "80/tcp": [{ HostIp: "", HostPort: "80" }], "443/tcp": null }),
      inspected("looking-around", image, {}),
      inspected("berth-dev-app-1", { ...image, "berth.project": "berth", "berth.release": "r1" }, {}),
    ]),
  );
  assert.deepEqual(
    [app?.name, app?.stack, app?.part, app?.release, app?.health],
    ["berth-dev-app-1", "dev", "app", "r1", "healthy"],
  );
  assert.equal(byHand?.name, "looking-around");
  assert.equal(
    byHand.stack,
    undefined,
    "a container that somebody started from the stack's image is no replica",
  );
  assert.deepEqual([other?.part, other?.stack], ["web", undefined]);
  assert.deepEqual(other?.ports, [{ address: "0.0.0.0", port: 80, inside: 80 }]);
});

test("reports a host without the memory for two releases, with what fits", () => {
  const shape = parseSettings("prod", { domain: "example.org" });
  const needed = releaseMemory(shape);
  const bytes = 1024 * 2 ** 20;
  assert.equal(memoryFinding(shape, needed * 2 ** 20, 2).state, "ok");
  assert.equal(memoryFinding(undefined, bytes, 2).state, "ok");
  const problem = memoryFinding(shape, bytes, 2);
  assert.equal(problem.state, "problem");
  assert.match(
    renderProblems([problem]),
    /has 1024 MiB of memory, .* pulumi config set strategy rolling --stack prod, .* pulumi config set replicas 3 --stack prod/,
  );
  for (const changed of [{ replicas: "3" }, { strategy: "rolling" }]) {
    const able = parseSettings("prod", { domain: "example.org", ...changed });
    assert.equal(memoryFinding(able, bytes, 2).state, "ok");
  }
});

test("does not suggest `rolling` if it does not fit either, or if there is no proxy", () => {
  const many = { domain: "example.org", replicas: "20", databaseMaxConnections: "300" };
  for (const settings of [many, {}]) {
    const problem = renderProblems([memoryFinding(parseSettings("prod", settings), 1024 * 2 ** 20, 2)]);
    assert.match(problem, /replicas 3 --stack prod, or take a bigger host$/);
    assert.doesNotMatch(problem, /rolling/);
  }
  const rolling = parseSettings("prod", { domain: "example.org", strategy: "rolling", replicas: "2" });
  const problem = renderProblems([memoryFinding(rolling, 512 * 2 ** 20, 2)]);
  assert.match(problem, /needs about 588\. Fix: take a bigger host$/);
});
