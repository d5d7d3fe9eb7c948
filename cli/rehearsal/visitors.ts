import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { Seen } from "./promise.ts";

/** Where a rehearsed application is reached: on loopback, under a name that it alone has. */
export interface Address {
  readonly port: number;
  readonly name: string;
}

/** How many visitors write at a time. */
export const writers = 5;

/** Idle gaps of writers, in milliseconds: in these, servers close kept connections. */
const gaps = { least: 4000, most: 8000 } as const;

/** A path that no application has: what arrives is answered, and changes nothing. */
const nowhere = "/berth-rehearsal";

/** A status of Nginx that says that no replica has answered; 0 if there was no answer at all. */
const unanswered = new Set([0, 502, 503, 504]);

/**
 * Visitors of a rehearsed application: some read all the time, others write after idle gaps. A
 * write to a path that nobody answers has to arrive like any other, because Nginx repeats none.
 */
export class Visitors {
  readonly #address: Address;
  readonly #read: string;
  readonly #agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  readonly #ending = new AbortController();
  readonly #expected = new Map<string, number>();
  #seen = nothing();
  #clients: readonly Promise<void>[] = [];

  /** @param read path of the application that changes nothing */
  constructor(address: Address, read: string) {
    this.#address = address;
    this.#read = read;
  }

  /**
   * Asks once, which says what answers are to be expected, and begins.
   * @returns status of a read; 0 without an answer
   */
  async begin(): Promise<number> {
    const status = await this.#ask("GET");
    this.#expected.set("GET", status).set("POST", await this.#ask("POST"));
    const gap = () => gaps.least + Math.random() * (gaps.most - gaps.least);
    this.#clients = [
      ...Array.from({ length: writers - 1 }, () => this.#visit("POST", gap)),
      this.#visit("POST", () => 300),
      ...Array.from({ length: 2 }, () => this.#visit("GET", () => 150)),
    ];
    return status;
  }

  /** What they saw while something was done. */
  async during(work: () => Promise<unknown>): Promise<Seen> {
    this.#seen = nothing();
    await work();
    // An idle gap more: what the work broke is found by who comes back after it.
    await sleep(gaps.most, undefined, { signal: this.#ending.signal }).catch(() => undefined);
    return this.#seen;
  }

  /** Lets them go. */
  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#clients);
    this.#agent.destroy();
  }

  async #visit(method: "GET" | "POST", pause: () => number): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const status = await this.#ask(method);
      const seen = this.#seen;
      if (method === "GET") seen.reads += 1;
      else seen.writes += 1;
      const wrong =
        unanswered.has(status) || (status >= 500 && status !== this.#expected.get(method))
          ? [
              `${method} ${method === "GET" ? this.#read : nowhere} ${status === 0 ? "got no answer" : status}`,
            ]
          : [];
      (method === "GET" ? seen.failedReads : seen.failedWrites).push(...wrong);
      await sleep(pause(), undefined, { signal }).catch(() => undefined);
    }
  }

  #ask(method: "GET" | "POST"): Promise<number> {
    const { name, port } = this.#address;
    return new Promise((resolve) => {
      const asked = request({
        ...{ host: "127.0.0.1", port, servername: name, agent: this.#agent, method },
        path: method === "GET" ? this.#read : nowhere,
        headers: { Host: name, "Content-Type": "application/json" },
      });
      asked.setTimeout(60_000, () => asked.destroy(new Error("no answer within 60 s")));
      asked.once("error", () => {
        resolve(0);
      });
      asked.once("response", (response) => {
        response.once("end", () => {
          resolve(response.statusCode ?? 0);
        });
        response.once("error", () => {
          resolve(0);
        });
        response.resume();
      });
      asked.end(method === "POST" ? "{}" : undefined);
    });
  }
}

function nothing() {
  return { reads: 0, writes: 0, failedReads: [] as string[], failedWrites: [] as string[] };
}
