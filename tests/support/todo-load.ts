import { randomUUID } from "node:crypto";
import { Agent } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { ask, type EdgeAnswer } from "./edge-client.ts";

/** What a load on the application of hostile-app.ts has seen. */
export interface TodoReport {
  readonly answers: Readonly<Record<string, number>>;
  /** Whatever a client would complain about, a line each. */
  readonly failures: readonly string[];
  /** Titles that were acknowledged. */
  readonly created: readonly string[];
}

/** How many of its people write at a time. */
export const todoWriters = 4;

/** Signs in to it, and returns the cookie. */
export async function signInToTodos(edge: EdgeConfig, name: string): Promise<string> {
  const { headers, status, body } = await ask(edge, "/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name }),
  });
  if (status !== 200) throw new Error(`sign-in: ${status} ${body}`);
  return (headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");
}

/**
 * People who use it, some all the time, others with idle gaps of 4 to 8 seconds: in these, servers
 * close kept connections.
 * @param cookie of somebody who is signed in
 */
export function todoLoad(edge: EdgeConfig, cookie: string): { stop(): Promise<TodoReport> } {
  const answers: Record<string, number> = {};
  const failures: string[] = [];
  const created: string[] = [];
  const ending = new AbortController();
  const running = () => !ending.signal.aborted;

  const client = async (
    kind: string,
    pause: () => number,
    status: number,
    once: () => Promise<EdgeAnswer>,
  ) => {
    while (running()) {
      try {
        const answer = await once();
        answers[kind] = (answers[kind] ?? 0) + 1;
        if (answer.status !== status)
          failures.push(`${kind}: status ${answer.status} ${answer.body.slice(0, 160)}`);
      } catch (error) {
        failures.push(`${kind}: ${String(error)}`);
      }
      for (let left = pause(); left > 0 && running(); left -= 100) await sleep(Math.min(left, 100));
    }
  };
  const gap = () => 4000 + Math.random() * 4000;
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
  const clients = [
    ...Array.from({ length: todoWriters }, () => client("write after a gap", gap, 201, write)),
    client("upload after a gap", gap, 201, upload),
    client(
      "read",
      () => 700,
      200,
      () => ask(edge, "/todos"),
    ),
    client(
      "session",
      () => 1500,
      200,
      () => ask(edge, "/me", { headers: { Cookie: cookie } }),
    ),
  ];
  return {
    async stop() {
      ending.abort();
      await Promise.all(clients);
      agent.destroy();
      return { answers, failures, created };
    },
  };
}
