import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { busyStack, type BusyStack } from "../support/busy-stack.ts";
import { ask } from "../support/edge-client.ts";
import { freePorts } from "../support/free-ports.ts";

await describe("a proxy whose ports change", { timeout: 1_500_000 }, () => {
  let stack: BusyStack;

  before(async () => {
    stack = await busyStack();
  });
  after(async () => {
    await stack.deployment.remove();
  });

  const answers = async (edge: EdgeConfig) => {
    const answer = await ask(edge, "/login").catch(() => undefined);
    return answer?.status === 200;
  };
  /** Deploys, and asks at both places meanwhile; counts how often neither answers. */
  const deployed = async (old: EdgeConfig, next: EdgeConfig) => {
    const seen = { asked: 0, both: 0, neither: 0 };
    const done = new AbortController();
    const asking = (async () => {
      while (!done.signal.aborted) {
        const [before, now] = await Promise.all([answers(old), answers(next)]);
        seen.asked += 1;
        if (before && now) seen.both += 1;
        if (!before && !now) seen.neither += 1;
        await sleep(100);
      }
    })();
    try {
      return { said: await stack.deployment.up(), seen };
    } finally {
      done.abort();
      await asking;
    }
  };

  test("all other ports: the old ones answer until the new ones do", async (t) => {
    const [httpPort = 0, httpsPort = 0] = await freePorts(2);
    const moved = { ...stack.edge, httpPort, httpsPort };
    stack.configure({ httpPort: String(httpPort), httpsPort: String(httpsPort) });
    const { seen } = await deployed(stack.edge, moved);
    t.diagnostic(JSON.stringify(seen));
    assert.equal(seen.neither, 0);
    assert.ok(seen.asked > 20);
    assert.deepEqual([await answers(stack.edge), await answers(moved)], [false, true]);
    await stack.expectNoChanges();

    const [another = 0] = await freePorts(1);
    stack.configure({ httpPort: String(another) });
    const preview = await stack.deployment.pulumi("preview");
    assert.match(
      preview.stdout,
      /it is stopped before it starts again, and connections are refused meanwhile/,
    );
    const last = { ...moved, httpPort: another };
    const overlap = await deployed(moved, last);
    t.diagnostic(`one of two ports: ${JSON.stringify(overlap.seen)}`);
    assert.deepEqual([await answers(last), (await ask(last, "/", { plain: true })).status], [true, 301]);
    await stack.expectNoChanges();
  });
});
