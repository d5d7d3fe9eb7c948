import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent as TlsAgent, request } from "node:https";
import type { Socket } from "node:net";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { selfSignedScript } from "../../infra/rendering/certificate-scripts.ts";
import { edgePaths, edgeUser } from "../../infra/rendering/edge-paths.ts";
import { baseImage } from "../support/base-image.ts";
import { docker } from "../support/docker.ts";
import { ask, constantLoad } from "../support/edge-client.ts";
import { edgeStand, type EdgeStand } from "../support/edge-stand.ts";

const releaseOf = (headers: NodeJS.Dict<string | string[]>) => String(headers["x-release"]);

/** Opens a WebSocket by hand and returns its connection. */
async function webSocket(stand: EdgeStand): Promise<Socket> {
  const asked = request({
    host: "127.0.0.1",
    port: stand.shape.httpsPort,
    servername: "example.org",
    rejectUnauthorized: false,
    agent: false,
    headers: {
      Host: "example.org",
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    },
  }).end();
  const [response, socket] = (await once(asked, "upgrade")) as [{ statusCode: number }, Socket];
  assert.equal(response.statusCode, 101);
  return socket;
}

async function echoed(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [data] = (await once(socket, "data")) as [Buffer];
  return data.toString();
}

suite("traffic moves without a lost request", () => {
  let stand: EdgeStand;
  let replicas: string[];
  let previous: string[];

  async function release(id: string, count = 2): Promise<string[]> {
    return Promise.all(Array.from({ length: count }, () => stand.startReplica(id)));
  }

  before(async () => {
    stand = await edgeStand();
    replicas = await release("r1");
    const first = await stand.switchTo("r1", replicas);
    assert.equal(first.status, 0, first.stderr);
  });
  after(() => stand.remove());

  test("five releases under load, old replicas stopped after each: 0 failures", async (t) => {
    const fresh = constantLoad(stand.shape, { clients: 3 });
    const kept = constantLoad(stand.shape, {
      clients: 3,
      agent: () =>
        new TlsAgent({
          keepAlive: true,
          maxSockets: 1,
          rejectUnauthorized: false,
          servername: "example.org",
        }),
    });
    for (const id of ["r2", "r3", "r4", "r5", "r6"]) {
      const next = await release(id);
      const switched = await stand.switchTo(id, next);
      assert.equal(switched.status, 0, switched.stderr);
      assert.equal(releaseOf((await ask(stand.shape, "/")).headers), id);
      await docker(["stop", "-t", "10", ...replicas]);
      replicas = next;
    }
    const [a, b] = [await fresh.stop(), await kept.stop()];
    t.diagnostic(`${a.answers} answers on fresh connections, ${b.answers} on kept ones`);
    assert.deepEqual([...a.failures, ...b.failures], []);
    assert.ok(a.answers > 100 && b.answers > 100);
  });

  test("killing a replica loses no read, and no write that had not reached it", async (t) => {
    const load = constantLoad(stand.shape, { clients: 6 });
    await sleep(300);
    const [victim = "", survivor = ""] = replicas;
    await docker(["kill", victim]);
    await sleep(3000);
    const result = await load.stop();
    t.diagnostic(`${result.answers} reads`);
    assert.deepEqual(result.failures, []);
    const answer = await ask(stand.shape, "/", { method: "POST", body: "x" });
    assert.equal(answer.status, 200, "a write is passed over a replica that takes no connection");
    // A reload with a replica missing: the proxy must not refuse, and `up` must say so.
    const strict = await stand.switchTo("r6", [victim, survivor], { shape: { maintenanceRetryAfter: 301 } });
    assert.equal(strict.status, 1);
    assert.match(strict.stderr, new RegExp(`No address for ${victim}`));
    assert.equal((await ask(stand.shape, "/")).status, 200);
    const [replacement = ""] = await release("r6", 1);
    replicas = [survivor, replacement];
    assert.equal((await stand.switchTo("r6", replicas)).status, 0);
  });

  test("finds a replica that returns with another address", async () => {
    const [only = ""] = replicas;
    assert.equal((await stand.switchTo("r6", [only])).status, 0);
    const format = `{{(index .NetworkSettings.Networks "${stand.name}").IPAddress}}`;
    const address = () => docker(["inspect", "--format", format, only]);
    const before = await address();
    await docker(["network", "disconnect", stand.name, only]);
    const image = await docker(["inspect", "--format={{.Config.Image}}", only]);
    // The engine gives the lowest free address, so the old one and those below it have to be taken.
    for (const index of [1, 2, 3, 4, 5])
      await stand.run(`squatter-${index}`, ["--entrypoint=sleep", image, "600"]);
    await docker(["network", "connect", stand.name, only]);
    assert.notEqual(await address(), before);
    // What was sent to the address that is gone is lost; what comes after must not be.
    const found = async () => (await ask(stand.shape, "/").catch(() => undefined))?.status === 200;
    for (let tries = 0; !(await found()); tries += 1) {
      assert.ok(tries < 100, "the replica's new address was not found");
      await sleep(100);
    }
    assert.equal((await stand.switchTo("r6", replicas)).status, 0);
  });

  test("a certificate that is renewed while the traffic moves does not bring the release before back", async () => {
    const inProxy = (script: string) => docker(["exec", stand.proxy, "sh", "-c", script]);
    const waiting = async (count: number) => {
      const ask = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -o 'flock 9 ' | wc -l";
      for (let tries = 0; Number(await inProxy(ask)) < count; tries += 1) {
        assert.ok(tries < 150, `${count} loads do not wait for each other`);
        await sleep(100);
      }
    };
    const next = await release("r6-renewed");
    const held = `${edgePaths.run}/held`;
    // As if a load were at work: those below wait for it, the release first.
    await docker([
      ...["exec", "--detach", stand.proxy, "sh", "-c"],
      `exec 9>${edgePaths.run}/load.lock; flock 9; touch ${held}; while [ -e ${held} ]; do sleep 0.1; done`,
    ]);
    await inProxy(`until [ -e ${held} ]; do sleep 0.1; done`);
    const switching = stand.switchTo("r6-renewed", next);
    await waiting(1);
    await docker([
      ...["run", "--rm", "--network=none", `--user=${edgeUser}:${edgeUser}`, "--entrypoint=sh"],
      `--volume=${stand.name}-certificates:${edgePaths.certificates}`,
      ...[await baseImage("nginx"), "-c", selfSignedScript(["example.org", "renewed.example.org"])],
    ]);
    await waiting(2);
    await inProxy(`rm ${held}`);
    const switched = await switching;
    assert.equal(switched.status, 0, switched.stderr);
    const loaded = `[ "$(readlink ${edgePaths.run}/current/tls)" = "$(readlink -f ${edgePaths.certificates}/served/current)" ]`;
    await inProxy(`until ${loaded}; do sleep 0.1; done; flock ${edgePaths.run}/load.lock true`);
    assert.equal(releaseOf((await ask(stand.shape, "/")).headers), "r6-renewed");
    assert.equal((await stand.switchTo("r6", replicas)).status, 0);
  });

  test("the traffic does not switch to a release that never answers, and the message says why", async () => {
    const load = constantLoad(stand.shape, {
      expect: ({ status, headers }) =>
        status === 200 && releaseOf(headers) === "r6" ? undefined : `${status} of ${releaseOf(headers)}`,
    });
    const refused = await stand.switchTo("r7", replicas, { app: { health: "/unhealthy" } });
    assert.equal(refused.status, 1);
    assert.match(
      refused.stderr,
      /Release r7 did not answer through Nginx; the last answer was 503 from [\d.]+:8000/,
    );
    assert.match(refused.stderr, /The traffic was not switched to release r7/);
    assert.deepEqual((await load.stop()).failures, []);
    assert.equal((await stand.switchTo("r6", replicas)).status, 0, "the next up is clean");
  });

  test("a configuration that Nginx refuses changes nothing, and the message names the line", async () => {
    const load = constantLoad(stand.shape);
    const refused = await stand.switchTo("r6", replicas, {
      files: { "snippets/basics.conf": "sendfile sometimes;\n" },
    });
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /nginx -t: emerg: invalid value "sometimes".*snippets\/basics\.conf:1/);
    assert.deepEqual((await load.stop()).failures, []);
  });

  test("a restarted proxy serves the last good configuration; a replica out of service stays out until enabled", async () => {
    const [out = "", other = ""] = replicas;
    const service = (script: string, ...args: string[]) =>
      docker(["exec", stand.proxy, "sh", `${edgePaths.run}/current/bin/${script}`, out, ...args]);
    const hits = (replica: string) =>
      docker([
        "exec",
        replica,
        "node",
        "-e",
        "fetch('http://127.0.0.1:8000/hits').then(async (answer) => console.log((await answer.json()).hits))",
      ]);
    // Local port 8000, established.
    const kept = async () =>
      (await docker(["exec", out, "cat", "/proc/net/tcp"]))
        .split("\n")
        .filter((line) => /^ *\d+: \w+:1F40 \w+:\w+ 01 /.test(line));
    const load = constantLoad(stand.shape, { clients: 4 });
    assert.match(
      await service("drain-replica.sh", "5"),
      /is out of service; old connections had \d+ s of 5 s/,
    );
    const before = await hits(out);
    const others = await hits(other);
    await sleep(300);
    assert.deepEqual((await load.stop()).failures, []);
    assert.notEqual(await hits(other), others);
    assert.deepEqual([await hits(out), await kept()], [before, []]);
    await docker(["restart", "-t", "10", stand.proxy]);
    for (let tries = 0; ; tries += 1) {
      const answer = await ask(stand.shape, "/").catch(() => undefined);
      if (answer?.status === 200) break;
      assert.ok(tries < 100, "the proxy does not serve again");
      await sleep(100);
    }
    for (let times = 0; times < 20; times += 1) await ask(stand.shape, "/");
    assert.equal(await hits(out), before);
    assert.match(await service("enable-replica.sh"), /is back in service/);
    for (let times = 0; times < 4; times += 1) await ask(stand.shape, "/");
    assert.notEqual(await hits(out), before);
    assert.equal(await service("enable-replica.sh"), "", "nothing to do");
  });

  test("WebSockets and event streams pass, and outlive a release while it drains", async () => {
    const socket = await webSocket(stand);
    assert.equal(await echoed(socket, "before"), "before");
    const started = performance.now();
    const events = ask(stand.shape, "/events?ms=2500", {
      headers: { Accept: "text/event-stream", "Accept-Encoding": "gzip" },
    });
    const next = await release("r8");
    const switching = stand.switchTo("r8", next);
    const stream = await events;
    assert.equal(stream.body, "data: first\n\ndata: last\n\n");
    assert.ok(performance.now() - started >= 2500);
    assert.equal(await echoed(socket, "while draining"), "while draining");
    socket.destroy();
    const switched = await switching;
    assert.equal(switched.status, 0, switched.stderr);
    assert.equal(releaseOf((await ask(stand.shape, "/")).headers), "r8");
    previous = replicas;
    replicas = next;
  });

  test("the first event arrives before the stream ends", async () => {
    const asked = request({
      host: "127.0.0.1",
      port: stand.shape.httpsPort,
      servername: "example.org",
      rejectUnauthorized: false,
      path: "/events?ms=60000",
      headers: { Host: "example.org", Accept: "text/event-stream" },
    }).end();
    const [response] = (await once(asked, "response")) as [NodeJS.ReadableStream];
    const [chunk] = (await once(response, "data")) as [Buffer];
    assert.equal(chunk.toString(), "data: first\n\n");
    asked.destroy();
  });

  test("a stream that only its answer announces is neither buffered nor compressed", async () => {
    const asked = request({
      host: "127.0.0.1",
      port: stand.shape.httpsPort,
      servername: "example.org",
      rejectUnauthorized: false,
      path: "/progress?ms=60000",
      headers: { Host: "example.org", Accept: "*/*", "Accept-Encoding": "gzip, br" },
    }).end();
    const [response] = (await once(asked, "response")) as [NodeJS.ReadableStream];
    const [chunk] = (await once(response, "data")) as [Buffer];
    assert.equal(chunk.toString(), '{"done":1}\n');
    asked.destroy();
  });

  test("if a whole release dies, the previous one answers as long as it runs", async () => {
    await docker(["kill", ...replicas]);
    assert.equal(releaseOf((await ask(stand.shape, "/")).headers), "r6");
    await docker(["kill", ...previous]);
    // The page of the error is there for streams as well, which come to their location by a detour.
    const answer = await ask(stand.shape, "/events", { headers: { Accept: "text/event-stream" } });
    // Refused or not answered, as the engine is done with the addresses.
    assert.ok([502, 504].includes(answer.status), `${answer.status}`);
    assert.doesNotMatch(answer.body, /<center>nginx/);
    assert.equal(answer.headers["retry-after"], "5");
    const problem = JSON.parse((await ask(stand.shape, "/api/v1/x")).body) as Record<string, unknown>;
    assert.match(String(problem["type"]), /^urn:problem:(?:no-answer|answer-timeout)$/);
    const health = await ask(stand.shape, "/health", { plain: true, host: "127.0.0.1" });
    assert.deepEqual([health.status, health.body], [503, "no replica is ready\n"]);
  });
});
