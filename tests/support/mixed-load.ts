import { randomUUID } from "node:crypto";
import { Agent } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { ask as send, type EdgeAnswer, type EdgeRequest } from "./edge-client.ts";
import { type Account, signIn } from "./edge-session.ts";
import { followEvents } from "./event-stream.ts";

/** What a load has seen. */
export interface LoadReport {
  /** Answers by kind of request. */
  readonly answers: Readonly<Record<string, number>>;
  /** The slowest request, with its milliseconds and the second of the load in which it was sent. */
  readonly slowest: string;
  /** Whatever a client would complain about, a line each. */
  readonly failures: readonly string[];
  /** E-mail addresses of the customers that the application said it has created. */
  readonly created: ReadonlySet<string>;
}

/** Longest time of a load that is not stopped, in milliseconds. */
const LONGEST_LOAD = 900_000;
/**
 * A breath between two requests of one client, in milliseconds: the load is to be constant, not the
 * most.
 */
const PAUSE = 400;

/** A PNG of one pixel. */
export const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** The form that uploads a picture. */
export function uploadOf(file: Buffer): { body: Buffer; type: string } {
  const boundary = randomUUID();
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n`;
  return {
    body: Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    type: `multipart/form-data; boundary=${boundary}`,
  };
}

/**
 * People who use the application while it changes: they read on fresh and on kept connections,
 * create customers with idempotency keys and repeat half of the requests, upload pictures, listen
 * to events, and check that they are still signed in.
 */
export async function mixedLoad(
  edge: EdgeConfig,
  account: Account,
): Promise<{ stop(): Promise<LoadReport> }> {
  const own = await signIn(edge, account);
  const { Cookie: cookie } = own;
  const started = performance.now();
  let [slowest, longest] = ["none", 0];
  const ask = async (where: EdgeConfig, path: string, request?: EdgeRequest): Promise<EdgeAnswer> => {
    const begun = performance.now();
    try {
      return await send(where, path, request);
    } finally {
      const took = performance.now() - begun;
      if (took > longest) {
        longest = took;
        const second = Math.round((begun - started) / 1000);
        slowest = `${Math.round(took)} ms: ${request?.method ?? "GET"} ${path} in second ${second}`;
      }
    }
  };

  const deadline = Date.now() + LONGEST_LOAD;
  const answers: Record<string, number> = {};
  const failures: string[] = [];
  const created = new Set<string>();
  let running = true;

  const expect = (kind: string, answer: EdgeAnswer, status: number): boolean => {
    answers[kind] = (answers[kind] ?? 0) + 1;
    if (answer.status === status) return true;
    failures.push(`${kind}: status ${answer.status} ${answer.body.slice(0, 160)}`);
    return false;
  };
  const client = async (kind: string, once: () => Promise<void>): Promise<void> => {
    while (running && Date.now() < deadline) {
      try {
        await once();
      } catch (error) {
        failures.push(`${kind}: ${String(error)}`);
      }
      await sleep(PAUSE);
    }
  };

  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  const read = async (kind: string, kept: boolean) => {
    const answer = await ask(edge, "/api/v1/customers?limit=5", {
      headers: { Cookie: cookie },
      ...(kept ? { agent } : {}),
    });
    expect(kind, answer, 200);
  };
  const write = async () => {
    const email = `${randomUUID()}@example.test`;
    const key = randomUUID();
    const create = () =>
      ask(edge, "/api/v1/customers", {
        method: "POST",
        headers: { ...own, "Content-Type": "application/json", "Idempotency-Key": key },
        body: JSON.stringify({ name: "Anna", email }),
      });
    const first = await create();
    if (!expect("write", first, 201)) return;
    created.add(email);
    if (created.size % 2 === 0) return;
    const repeated = await create();
    if (!expect("repeated write", repeated, 201)) return;
    if (repeated.headers.location !== first.headers.location) {
      failures.push(`write: ${email} was created twice`);
    }
  };
  const upload = async () => {
    const { body, type } = uploadOf(picture);
    const answer = await ask(edge, "/api/v1/media", {
      method: "POST",
      headers: { ...own, "Content-Type": type },
      body,
    });
    expect("upload", answer, 201);
    await sleep(PAUSE * 2);
  };
  const stay = async () => {
    expect("session", await ask(edge, "/api/v1/session", { headers: { Cookie: cookie } }), 200);
    await sleep(PAUSE * 2);
  };
  const clients = [
    client("fresh read", () => read("fresh read", false)),
    client("kept read", () => read("kept read", true)),
    client("write", write),
    client("upload", upload),
    client("session", stay),
  ];
  const stopListening = followEvents(edge, {
    event: () => {
      answers["event"] = (answers["event"] ?? 0) + 1;
    },
    failure: (what) => failures.push(`event stream: ${what}`),
  });
  return {
    async stop() {
      running = false;
      await Promise.all([...clients, stopListening()]);
      agent.destroy();
      return { answers, slowest, failures, created };
    },
  };
}
