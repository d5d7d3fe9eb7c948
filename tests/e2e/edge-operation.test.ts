import assert from "node:assert/strict";
import { Agent } from "node:https";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { edgePaths } from "../../infra/rendering/edge-paths.ts";
import { maintenancePages } from "../../infra/rendering/error-pages.ts";
import { baseImage } from "../support/base-image.ts";
import { docker, finish } from "../support/docker.ts";
import { ask, constantLoad } from "../support/edge-client.ts";
import { assertHeadersOnce } from "../support/edge-headers.ts";
import { edgeStand, type EdgeStand } from "../support/edge-stand.ts";
import { eventually } from "../support/eventually.ts";

suite("operating the edge", () => {
  let stand: EdgeStand;
  let replica: string;

  before(async () => {
    stand = await edgeStand({ http3: true });
    await docker([
      ...[
        "run",
        "--rm",
        "--network=none",
        "--user=0:0",
        `--volume=${stand.name}-assets:/a`,
        "--entrypoint=sh",
      ],
      ...[
        await baseImage("nginx"),
        "-c",
        "mkdir -p /a/served/assets && echo 'body{}' >/a/served/assets/style.css",
      ],
    ]);
    replica = await stand.startReplica("r2");
    const switched = await stand.switchTo("r2", [replica]);
    assert.equal(switched.status, 0, switched.stderr);
  });
  after(() => stand.remove());

  test("maintenance shows everyone the operator's message until it ends", async () => {
    const pages = maintenancePages("Back at 10:00", "en");
    const state = ["exec", "--interactive", stand.proxy, "sh", "-c"];
    await docker([...state, `cat >${edgePaths.state}/maintenance.json`], pages.json);
    await docker([...state, `cat >${edgePaths.state}/maintenance.html`], pages.html);
    // Nginx looks at its flags once a second.
    await sleep(1100);
    const html = await ask(stand.shape, "/anything", { headers: { Accept: "text/html" } });
    assert.equal(html.status, 503);
    assert.equal(html.headers["retry-after"], "300");
    assert.match(html.body, /Back at 10:00/);
    assertHeadersOnce(html, "maintenance");
    const json = await ask(stand.shape, "/api/v1/x", {
      method: "POST",
      headers: { Accept: "application/json" },
    });
    assert.equal(json.status, 503);
    assert.equal((JSON.parse(json.body) as { detail: string }).detail, "Back at 10:00");
    assert.equal((await ask(stand.shape, "/_edge/page.css")).status, 200);
    // The container's gateway is what requests from the host come from.
    const gateway = await docker([
      "network",
      "inspect",
      "--format",
      "{{(index .IPAM.Config 0).Gateway}}",
      stand.name,
    ]);
    const allowed = await stand.switchTo("r2", [replica], {
      shape: { maintenanceAllowed: [`${gateway}/32`] },
    });
    assert.equal(allowed.status, 0, allowed.stderr);
    assert.equal((await ask(stand.shape, "/anything")).status, 200);
    await docker([...state, `rm ${edgePaths.state}/maintenance.html ${edgePaths.state}/maintenance.json`]);
    assert.equal((await stand.switchTo("r2", [replica])).status, 0);
    assert.equal((await ask(stand.shape, "/anything")).status, 200);
  });

  test("too many requests are answered 429, others still work", async () => {
    assert.equal(
      (await stand.switchTo("r2", [replica], { shape: { requestRate: 1, requestBurst: 5 } })).status,
      0,
    );
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(stand.shape, "/")));
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(refused.length >= 10, `${refused.length} of 20 refused`);
    assert.equal(refused[0]?.headers["retry-after"], "1");
    assert.equal((await ask(stand.shape, "/assets/style.css")).status, 200, "static files are not counted");
    assert.equal((await stand.switchTo("r2", [replica])).status, 0);
  });

  test("the log has one JSON object a request, with its id and without its query", async () => {
    const answer = await ask(stand.shape, "/reset?token=one-time-secret", {
      headers: { Referer: "https://example.org/?secret" },
    });
    let log = "";
    // The log is written once a second.
    for (let tries = 0; tries < 50 && !log.includes('"path":"/reset"'); tries += 1) {
      log = await docker(["logs", stand.proxy]);
      await sleep(100);
    }
    const lines = log.split("\n").filter((text) => text.startsWith("{"));
    const line = lines
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .find(({ path }) => path === "/reset");
    assert.ok(line);
    assert.equal(line["request_id"], answer.headers["x-request-id"]);
    assert.equal(line["status"], 200);
    assert.match(String(line["upstream"]), /:8000$/);
    assert.ok(Number(line["upstream_seconds"]) >= 0);
    assert.ok(
      !lines.some((text) => text.includes('"path":"/assets/style.css')),
      "served static files are left out",
    );
    assert.ok(!log.includes("one-time-secret") && !log.includes("?secret"));
  });

  test("the log shows the method of a write that Nginx answers with an error page", async () => {
    const refused = await ask(stand.shape, "/.env", { method: "POST", body: "x" });
    assert.equal(refused.status, 404);
    let line: Record<string, unknown> | undefined;
    for (let tries = 0; tries < 50 && line === undefined; tries += 1) {
      line = (await docker(["logs", stand.proxy]))
        .split("\n")
        .filter((text) => text.startsWith("{"))
        .map((text) => JSON.parse(text) as Record<string, unknown>)
        .find((entry) => entry["request_id"] === refused.headers["x-request-id"]);
      await sleep(100);
    }
    assert.deepEqual([line?.["method"], line?.["path"], line?.["status"]], ["POST", "/.env", 404]);
  });

  /** Asks over fresh and kept connections while something happens; what fails must be excused. */
  const underLoad = async (change: () => Promise<unknown>, excused?: RegExp) => {
    const kept = () => new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    const loads = [constantLoad(stand.shape, { clients: 8 }), constantLoad(stand.shape, { agent: kept })];
    const answered = () => Promise.all(loads.map((load) => load.answered(10)));
    try {
      await answered();
      await change();
      await answered();
    } finally {
      const reports = await Promise.all(loads.map((load) => load.stop()));
      assert.deepEqual(
        reports.flatMap(({ failures }) => failures).filter((failure) => excused?.test(failure) !== true),
        [],
      );
    }
  };
  const stateOf = (container: string) =>
    docker(["inspect", "--format", "{{.State.Status}} {{.State.StartedAt}}", container]);

  test("another Nginx takes the place of the one that serves, and no request fails", async () => {
    const before = stand.proxy;
    await underLoad(async () => {
      for (let times = 0; times < 2; times += 1) {
        const handed = await stand.replaceProxy();
        assert.equal(handed.status, 0, handed.stderr);
      }
      assert.equal((await stand.switchTo("r2", [replica])).status, 0);
    });
    assert.notEqual(stand.proxy, before);
    assert.match(await stateOf(before), /^exited /);
    const quic = ["--http3-only", "--insecure", "--silent", "--resolve", "example.org:8443:"];
    const address = await docker([
      "inspect",
      "--format",
      `{{(index .NetworkSettings.Networks "${stand.name}").IPAddress}}`,
      stand.listener,
    ]);
    const overQuic = [...quic.slice(0, -1), `example.org:8443:${address}`, "https://example.org:8443/"];
    assert.match(await docker(["exec", stand.proxy, "curl", "-w", " %{http_version}", ...overQuic]), / 3$/);
  });

  test("an Nginx that does not start leaves the requests to the one that serves", async () => {
    const before = stand.proxy;
    await underLoad(async () => {
      const handed = await stand.replaceProxy(await baseImage("debian"));
      assert.equal(handed.status, 1);
    });
    assert.equal(stand.proxy, before);
    await docker(["rm", "--force", `${stand.name}-nginx-4`]);
  });

  test("connections wait while Nginx starts again after a crash", async () => {
    const { proxy } = stand;
    const started = await stateOf(proxy);
    // Requests and handshakes that were on their way in it are cut, and no connection is refused.
    await underLoad(async () => {
      await docker(["exec", proxy, "sh", "-c", "kill -TERM 1"]);
      await eventually(async () => {
        assert.notEqual(await stateOf(proxy), started);
        assert.equal((await ask(stand.shape, "/")).status, 200);
      });
    }, / (ECONNRESET|EPIPE)$/);
  });

  test("Nginx gets new sockets by itself when the container that holds them was started again", async () => {
    await docker(["restart", "-t", "1", stand.listener]);
    await eventually(async () => {
      assert.equal((await ask(stand.shape, "/")).status, 200);
    });
    // In the other order, as after a reboot.
    await docker(["stop", "-t", "1", stand.listener, stand.proxy]);
    await docker(["start", stand.proxy]);
    await sleep(1000);
    await docker(["start", stand.listener]);
    await eventually(async () => {
      assert.equal((await ask(stand.shape, "/")).status, 200);
    });
    // It has those of this start, and knows it: the watcher, which looks every two seconds, has
    // nothing to mend.
    const started = await stateOf(stand.proxy);
    await sleep(5000);
    assert.equal(await stateOf(stand.proxy), started);
  });

  test("the log has the errors of requests, without query strings of addresses and referrers", async () => {
    await docker(["stop", "-t", "1", replica]);
    const headers = { Referer: "https://example.org/reset?token=one-time-referrer" };
    const answer = await ask(stand.shape, "/reset?token=one-time-secret&next=/a?b", { headers });
    assert.ok([502, 504].includes(answer.status));
    const errors = () =>
      finish("docker", ["logs", stand.proxy]).then(({ stdout, stderr }) => `${stdout}${stderr}`);
    let log = "";
    for (let tries = 0; tries < 50 && !log.includes('request: "GET /reset?'); tries += 1) {
      log = await errors();
      await sleep(100);
    }
    assert.match(
      log,
      /\[error\].*request: "GET \/reset\?\(hidden\) HTTP\/1\.1", upstream: "http:\/\/[^?"]+\?\(hidden\)"/,
    );
    assert.match(log, /referrer: "https:\/\/example\.org\/reset\?\(hidden\)"/);
    assert.ok(!log.includes("one-time"), "no token");
    // The reader that hides them is started again when it has ended, and Nginx does not wait for
    // it.
    await docker(["exec", stand.proxy, "sh", "-c", `kill "$(cat ${edgePaths.run}/errors.pid)"`]);
    assert.ok([502, 504].includes((await ask(stand.shape, "/lost?token=one-time-secret")).status));
    for (let tries = 0; ; tries += 1) {
      await ask(stand.shape, "/found?token=one-time-secret");
      if ((await errors()).includes('request: "GET /found?(hidden)')) break;
      assert.ok(tries < 50, "the reader was not started again");
      await sleep(200);
    }
    assert.ok(!(await errors()).includes("one-time"), "no token");
  });
});
