import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import { z } from "zod";
import { effects, type Effect } from "../../cli/preview/effects.ts";
import { busyStack, type BusyStack } from "../support/busy-stack.ts";
import { docker } from "../support/docker.ts";
import { freePorts } from "../support/free-ports.ts";
import { promisedEffects, type ChangeKind } from "../support/preview-kinds.ts";

const report = z.object({ accepted: z.boolean(), effect: z.enum(effects) });

/** A change, and what those who use the stack may notice of it: nothing by default. */
interface Change {
  readonly change: (stack: BusyStack) => void | Promise<void>;
  readonly noticed?: "unnoticed" | "survived" | "refusedMeanwhile";
}

const sets = (settings: Readonly<Record<string, string>>): Change => ({
  change: (stack) => {
    stack.configure(settings);
  },
});

const changes: Readonly<Record<Exclude<ChangeKind, "settings-that-are-refused">, Change>> = {
  "an-Nginx-setting": sets({ maxBody: "30" }),
  "memory-of-the-application": sets({ appMemory: "400" }),
  "code-of-app": {
    change: (stack) => {
      stack.edit("another release");
    },
  },
  "more-replicas": sets({ replicas: "3" }),
  "another-domain": sets({ domain: "example.org,shop.example.org" }),
  "ports-of-the-proxy": {
    // The port of HTTPS stays, so the old listener has to go before the new one comes.
    change: async (stack) => {
      const [httpPort = 0] = await freePorts(1);
      stack.configure({ httpPort: String(httpPort) });
    },
    noticed: "refusedMeanwhile",
  },
  "memory-of-Postgres-that-waits": sets({ databaseMemory: "400" }),
  "Postgres-restart-that-was-agreed-to": {
    change: (stack) => {
      stack.configure({ databaseUpgrade: new Date().toISOString() });
    },
    noticed: "survived",
  },
  "session-rotation": sets({ sessionRotation: "again" }),
  "database-rotation": sets({ databaseRotation: "again" }),
  "backups-switched-off": sets({ backups: "false" }),
  "cache-switched-off": sets({ cache: "false" }),
};

/** Containers of a stack by part, each with its start, and the processes of Nginx that serve. */
async function runs({ deployment }: BusyStack): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const part of ["app", "listener", "nginx", "postgres", "redis"]) {
    const running = (await deployment.containers(part)).filter(({ State }) => State.Status === "running");
    const starts = running.map(({ Id, State }) => `${Id} ${State.StartedAt}`).sort();
    if (starts.length > 0) found.set(part, starts.join("\n"));
  }
  const [nginx] = await deployment.containers("nginx");
  const processes = (await docker(["top", nginx?.Id ?? "", "-eo", "pid,args"])).split("\n");
  const workers = processes.filter((line) => line.trimEnd().endsWith("nginx: worker process"));
  assert.ok(workers.length > 0, processes.join("\n"));
  return found.set("workers", workers.sort().join("\n"));
}

/** What has happened, in the words of a preview. */
function happened(old: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): Effect {
  const changed = (part: string) => now.has(part) && old.has(part) && now.get(part) !== old.get(part);
  if (["listener", "postgres", "redis"].some(changed)) return "restart";
  if (["app", "nginx"].some(changed)) return "rolling";
  return changed("workers") ? "reload" : "nothing";
}

// One after the other: some would change what the next one is measured by.
await describe("what a preview promises, and what happens under load", { timeout: 3_000_000 }, () => {
  let stack: BusyStack;
  before(async () => {
    stack = await busyStack();
  });
  after(async () => {
    await stack.deployment.remove();
  });

  const preview = async () => {
    const { deployment } = stack;
    const said = await deployment.berth("preview", "--stack", deployment.stack, "--report", "json");
    assert.ok(said.stdout.startsWith("{"), said.stderr);
    return report.parse(JSON.parse(said.stdout));
  };
  const inUse = async (t: TestContext, { noticed = "unnoticed" }: Change) => {
    await stack[noticed](t, () => stack.deployment.up());
  };

  for (const [kind, change] of Object.entries(changes) as [keyof typeof changes, Change][]) {
    const effect = promisedEffects[kind];
    test(`${kind.replaceAll("-", " ")}: ${effect}`, async (t) => {
      await change.change(stack);
      assert.deepEqual(await preview(), { accepted: true, effect });
      const old = await runs(stack);
      await inUse(t, change);
      assert.equal(happened(old, await runs(stack)), effect);
    });
  }
});
