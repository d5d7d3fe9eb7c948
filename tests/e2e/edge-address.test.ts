import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { ask } from "../support/edge-client.ts";
import { edgeStand, type EdgeStand } from "../support/edge-stand.ts";

// Clients send no server name for an address, so the certificate has to be there without one.
suite("a stack that is reached by its address", () => {
  let stand: EdgeStand;

  before(async () => {
    stand = await edgeStand({ domain: ["127.0.0.1", "example.org"] });
    const switched = await stand.switchTo("r1", [await stand.startReplica("r1")]);
    assert.equal(switched.status, 0, switched.stderr);
  });
  after(() => stand.remove());

  test("answers by address and by name over TLS", async () => {
    for (const host of stand.shape.domain)
      assert.equal((await ask(stand.shape, "/", { host })).status, 200, host);
  });

  test("redirects to HTTPS on the requested address", async () => {
    const answer = await ask(stand.shape, "/x", { plain: true });
    assert.equal(answer.headers.location, `https://127.0.0.1:${stand.shape.httpsPort}/x`);
  });

  test("does not answer under other names", async () => {
    await assert.rejects(ask(stand.shape, "/", { host: "evil.example" }));
    await assert.rejects(ask(stand.shape, "/", { host: "127.0.0.2" }));
  });
});
