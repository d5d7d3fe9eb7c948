import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { docker } from "../support/docker.ts";
import { ask } from "../support/edge-client.ts";
import { edgeStand, type EdgeStand } from "../support/edge-stand.ts";
import { eventually } from "../support/eventually.ts";

suite("the first release of a stack", () => {
  let stand: EdgeStand;
  let replica: string;

  before(async () => {
    stand = await edgeStand();
    replica = await stand.startReplica("r1");
  });
  after(() => stand.remove());

  const status = async () => (await ask(stand.shape, "/")).status;

  test("is not published if the switch refuses it, nor by a later start of Nginx", async () => {
    const refused = await stand.switchTo("r2", [replica], { app: { health: "/unhealthy" } });
    assert.equal(refused.status, 1);
    assert.match(
      refused.stderr,
      /Release r2 did not answer through Nginx; the last answer was 503 from [\d.]+:8000/,
    );
    const answer = await ask(stand.shape, "/");
    assert.equal(answer.status, 502);
    assert.equal(answer.headers["retry-after"], "5");
    await docker(["restart", "-t", "10", stand.proxy]);
    assert.equal(await eventually(status), 502);
  });

  test("is published by the next up if it answers", async () => {
    const switched = await stand.switchTo("r1", [replica]);
    assert.equal(switched.status, 0, switched.stderr);
    assert.equal(await status(), 200);
    await docker(["restart", "-t", "10", stand.proxy]);
    assert.equal(await eventually(status), 200);
  });
});
