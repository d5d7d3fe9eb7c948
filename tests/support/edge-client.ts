import assert from "node:assert/strict";
import { request as httpRequest, type Agent, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest, type Agent as TlsAgent } from "node:https";
import { connect, isIP, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { eventually } from "./eventually.ts";

export interface EdgeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Header names as sent, one entry for each time. */
  readonly headerNames: readonly string[];
  readonly body: string;
  /** The body as it came, compressed or not. */
  readonly raw: Buffer;
  /** Serial number of the certificate that was shown. */
  readonly serial: string | undefined;
}

export interface EdgeRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Name in the handshake and in `Host`; the shape's first if unset. */
  host?: string;
  plain?: boolean;
  agent?: Agent | TlsAgent;
  /** What is sent before anything else, TLS included: as a load balancer does. */
  first?: Buffer;
}

/** A handshake on a connection that has been opened. */
function secured(socket: Socket | undefined, servername: string): Socket | undefined {
  return socket && connectTls({ socket, servername, rejectUnauthorized: false });
}

/** Options of a request on that connection: an agent would open one of its own. */
function over(socket: Socket | undefined) {
  return socket && { agent: undefined, createConnection: () => socket };
}

/**
 * Sends one request to a stand's proxy, as a client on the host would. Trusts every certificate.
 */
export function ask(shape: EdgeConfig, path: string, options: EdgeRequest = {}): Promise<EdgeAnswer> {
  const host = options.host ?? shape.domain[0] ?? "";
  const common = {
    host: "127.0.0.1",
    path,
    method: options.method ?? "GET",
    headers: { Host: host, ...options.headers },
    agent: options.agent ?? false,
    setHost: false,
  };
  const opened = (port: number) => {
    if (options.first === undefined) return undefined;
    const socket = connect(port, "127.0.0.1");
    socket.write(options.first);
    return socket;
  };
  return new Promise((resolve, reject) => {
    const request =
      (options.plain ?? shape.tls === "off")
        ? httpRequest({ ...common, port: shape.httpPort, ...over(opened(shape.httpPort)) })
        : httpsRequest({
            ...common,
            port: shape.httpsPort,
            // Clients send no name for an address. https://www.rfc-editor.org/rfc/rfc6066#section-3
            servername: isIP(host) === 0 ? host : "",
            rejectUnauthorized: false,
            ...over(secured(opened(shape.httpsPort), isIP(host) === 0 ? host : "")),
          });
    let serial: string | undefined;
    request.once("error", reject);
    request.setTimeout(60_000, () => request.destroy(new Error("no answer within 60 s")));
    request.once("response", (response) => {
      if ("getPeerCertificate" in response.socket) {
        serial = (response.socket as import("node:tls").TLSSocket).getPeerCertificate().serialNumber;
      }
      buffer(response).then((raw) => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          headerNames: response.rawHeaders
            .filter((_, index) => index % 2 === 0)
            .map((name) => name.toLowerCase()),
          body: raw.toString("utf8"),
          raw,
          serial,
        });
      }, reject);
    });
    request.end(options.body);
  });
}

/**
 * Longest time of a load that is not stopped, in milliseconds: a failed test must not keep its
 * process alive.
 */
const LONGEST_LOAD = 600_000;

/**
 * A breath between two requests of one client, in milliseconds: the load is to be constant, not the
 * most.
 */
const PAUSE = 40;

/** Clients that ask without end. */
export interface ConstantLoad {
  /** Waits for some more answers, so that what happens lies between them. */
  answered(count: number): Promise<void>;
  stop(): Promise<{ answers: number; failures: string[] }>;
}

/** Keeps asking until stopped, a few clients at a time, and counts every answer. */
export function constantLoad(
  shape: EdgeConfig,
  options: {
    clients?: number;
    path?: string;
    expect?: (answer: EdgeAnswer) => string | undefined;
    agent?: () => Agent | TlsAgent | undefined;
  } = {},
): ConstantLoad {
  let running = true;
  const deadline = Date.now() + LONGEST_LOAD;
  let answers = 0;
  const failures: string[] = [];
  const client = async (): Promise<void> => {
    const agent = options.agent?.();
    while (running && Date.now() < deadline) {
      try {
        const answer = await ask(shape, options.path ?? "/", agent === undefined ? {} : { agent });
        answers += 1;
        const wrong =
          options.expect?.(answer) ?? (answer.status === 200 ? undefined : `status ${answer.status}`);
        if (wrong !== undefined) failures.push(wrong);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        failures.push([String(error), ...(code === undefined ? [] : [code])].join(" "));
      }
      await sleep(PAUSE);
    }
    agent?.destroy();
  };
  const clients = Array.from({ length: options.clients ?? 4 }, client);
  return {
    async answered(count) {
      const wanted = answers + count;
      await eventually(() => {
        assert.ok(answers >= wanted, `${answers} of ${wanted} answers`);
        return Promise.resolve();
      });
    },
    async stop() {
      running = false;
      await Promise.all(clients);
      return { answers, failures };
    },
  };
}

/** Cookies of an answer, as a browser sends them back. */
export function cookiesOf({ headers }: Pick<EdgeAnswer, "headers">): string {
  return (headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");
}
