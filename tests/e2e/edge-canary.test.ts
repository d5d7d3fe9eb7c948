import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { watchCanary } from "../../cli/deploy/watch-canary.ts";
import { projectName } from "../../cli/settings/project.ts";
import { Docker } from "../../system/docker.ts";
import { docker } from "../support/docker.ts";
import { ask, constantLoad, type EdgeAnswer } from "../support/edge-client.ts";
import { edgeStand, type EdgeStand } from "../support/edge-stand.ts";

const releaseOf = ({ headers }: EdgeAnswer) => String(headers["x-release"]);
const cookieOf = ({ headers }: EdgeAnswer) => headers["set-cookie"]?.[0]?.split(";")[0];

suite("a canary", () => {
  let stand: EdgeStand;
  let replicas: string[];
  let canary: string;

  before(async () => {
    stand = await edgeStand();
    replicas = [await stand.startReplica("stable"), await stand.startReplica("stable")];
    canary = await stand.startReplica("canary");
  });
  after(() => stand.remove());

  const share = async (per: number, replica = canary) => {
    const tried = { release: replica, replica, share: per, header: "X-Canary" };
    const switched = await stand.switchTo("stable", replicas, { canary: tried });
    assert.equal(switched.status, 0, switched.stderr);
  };
  const visit = (cookie?: string) =>
    ask(stand.shape, "/", cookie === undefined ? {} : { headers: { Cookie: cookie } });

  test("meets its share of the visitors, and a browser meets one release only", async (t) => {
    await share(20);
    const visitors = 2000;
    const cookies: string[] = [];
    let met = 0;
    for (let begun = 0; begun < visitors; begun += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => visit()));
      met += answers.filter((answer) => releaseOf(answer) === "canary").length;
      cookies.push(...answers.map((answer) => cookieOf(answer) ?? ""));
    }
    t.diagnostic(`${met} of ${visitors} browsers met the canary`);
    // Five standard deviations of a draw.
    assert.ok(Math.abs(met / visitors - 0.2) < 0.045, `${met}`);
    const [first = "", second = ""] = [
      cookies.find((cookie) => /-\d$/.test(cookie)),
      cookies.find((cookie) => /-[3-9]\d$/.test(cookie)),
    ];
    for (const [cookie, release] of [
      [first, "canary"],
      [second, "stable"],
    ] as const) {
      const answers = await Promise.all(Array.from({ length: 200 }, () => visit(cookie)));
      assert.deepEqual([...new Set(answers.map(releaseOf))], [release]);
      assert.ok(
        answers.every((answer) => cookieOf(answer) === undefined),
        "it is set once",
      );
    }
    await share(50);
    assert.equal(releaseOf(await visit(first)), "canary", "a share that grows takes nobody back");
  });

  test("is chosen by a header, also with a share of 0", async () => {
    await share(0);
    const chosen = (release: string) => ask(stand.shape, "/", { headers: { "X-Canary": release } });
    const answers = await Promise.all(Array.from({ length: 20 }, () => chosen("canary")));
    assert.deepEqual([...new Set(answers.map(releaseOf))], ["canary"]);
    assert.equal(releaseOf(await chosen("stable")), "stable");
    assert.equal(releaseOf(await visit()), "stable");
  });

  test("has a cookie that scripts cannot read, on answers of the application only", async () => {
    await share(20);
    const [cookie = ""] = (await visit()).headers["set-cookie"] ?? [];
    assert.match(
      cookie,
      /^berth_canary=[0-9a-f]{8}-\d\d?; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure$/,
    );
    assert.equal((await ask(stand.shape, "/_edge/page.css")).headers["set-cookie"], undefined);
  });

  test("that fails one request in fifty is found out by what Nginx writes down", async (t) => {
    await share(50, await stand.startReplica("failing"));
    const load = constantLoad(stand.shape, { path: "/mostly", expect: () => "" });
    const { verdict, why } = await watchCanary({
      docker: new Docker(process.env, undefined, projectName()),
      stack: stand.name,
      seconds: 600,
      say: (text) => {
        t.diagnostic(text);
      },
      signal: t.signal,
    });
    await load.stop();
    assert.equal(verdict, "worse", why);
    assert.match(why, /^it failed \d+ of \d+ requests \(\d\.\d\d %\), the others 0 of \d+ \(0\.00 %\)$/);
  });

  test("that dies costs no request, and the others stand in for it", async () => {
    await share(50);
    const load = constantLoad(stand.shape);
    await load.answered(20);
    await docker(["kill", canary]);
    await load.answered(100);
    assert.deepEqual((await load.stop()).failures, []);
  });
});
