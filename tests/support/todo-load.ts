import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Agent } from "node:https";
import type { TestContext } from "node:test";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { ask, cookiesOf } from "./edge-client.ts";
import { listen, talk } from "./long-lived.ts";
import { idleGap, visitors, type VisitorReport } from "./visitors.ts";

/** What people on the application of hostile-app.ts has seen. */
export interface TodoReport extends VisitorReport {
  /** Titles that were acknowledged. */
  readonly created: readonly string[];
}

/** How many of its people write at a time. */
export const todoWriters = 4;

/** Signs in to it, and returns the cookie. */
export async function signInToTodos(edge: EdgeConfig, name: string): Promise<string> {
  const answer = await ask(edge, "/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name }),
  });
  if (answer.status !== 200) throw new Error(`sign-in: ${answer.status} ${answer.body}`);
  return cookiesOf(answer);
}

/** Every title that was acknowledged is there, and none twice. */
async function assertTodosKept(edge: EdgeConfig, { created }: TodoReport): Promise<void> {
  const { body } = await ask(edge, "/todos");
  const stored = (JSON.parse(body) as { title: string }[]).map(({ title }) => title);
  assert.equal(new Set(stored).size, stored.length);
  assert.deepEqual(
    created.filter((title) => !stored.includes(title)),
    [],
  );
  assert.ok(created.length > 5);
}

/**
 * Does something while people use it: no write may be lost or doubled.
 * @param cookie of somebody who is signed in
 * @returns what they have seen, failures too
 */
export async function whileInUse(
  t: TestContext,
  edge: EdgeConfig,
  cookie: string,
  work: () => Promise<unknown>,
): Promise<TodoReport> {
  const load = todoLoad(edge, cookie);
  let report;
  try {
    await work();
  } finally {
    report = await load.stop();
  }
  t.diagnostic(JSON.stringify(report.answers));
  await assertTodosKept(edge, report);
  return report;
}

/**
 * People who use it, some all the time, others with idle gaps.
 * @param cookie of somebody who is signed in
 */
function todoLoad(edge: EdgeConfig, cookie: string): { stop(): Promise<TodoReport> } {
  const created: string[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false });
  const write = async () => {
    const title = randomUUID();
    const answer = await ask(edge, "/todos", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ title }),
      agent,
    });
    if (answer.status === 201) created.push(title);
    return answer;
  };
  const upload = () =>
    ask(edge, `/files/${randomUUID()}`, {
      method: "PUT",
      headers: { "Content-Type": "text/plain" },
      body: "a file",
      agent,
    });
  const me = () => ask(edge, "/me", { headers: { Cookie: cookie } });
  const load = visitors([
    { kind: "write after a gap", count: todoWriters, pause: idleGap, status: 201, once: write },
    { kind: "upload after a gap", pause: idleGap, status: 201, once: upload },
    { kind: "read", pause: () => 700, status: 200, once: () => ask(edge, "/todos") },
    {
      kind: "stream",
      pause: () => 200,
      status: 200,
      says: "data: tick",
      once: () => listen(edge, "/events"),
    },
    {
      kind: "socket",
      pause: () => 200,
      status: 101,
      says: "hello",
      once: () => talk(edge, "/socket", "hello"),
    },
    { kind: "session", pause: () => 1500, status: 200, once: me },
  ]);
  return {
    async stop() {
      const report = await load.stop();
      agent.destroy();
      return { ...report, created };
    },
  };
}
