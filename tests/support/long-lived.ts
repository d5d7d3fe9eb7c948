import { request, type RequestOptions } from "node:https";
import type { IncomingMessage } from "node:http";
import type { EdgeConfig } from "../../stacks/edge.ts";

/** What came over a connection that stays open. */
export interface LongLived {
  readonly status: number;
  readonly body: string;
}

/** Longest time that somebody stays, in milliseconds. */
const stay = 5000;

function options(edge: EdgeConfig, path: string, headers: Readonly<Record<string, string>>): RequestOptions {
  const [name = ""] = edge.domain;
  return {
    ...{ host: "127.0.0.1", port: edge.httpsPort, servername: name, path, agent: false },
    ...{ headers: { Host: name, ...headers }, rejectUnauthorized: false },
  };
}

/**
 * Listens to an event stream for a while, as a browser's EventSource does: it connects again if the
 * stream ends or is cut off, and takes no other answer than 200.
 * @returns all that was said, or the first other status
 */
export async function listen(edge: EdgeConfig, path: string): Promise<LongLived> {
  const until = Date.now() + stay;
  let body = "";
  do {
    const part = await listenOnce(edge, path, until);
    body += part.body;
    if (part.status !== 200) return { status: part.status, body };
  } while (Date.now() < until || (body === "" && Date.now() < until + stay));
  return { status: 200, body };
}

/** @throws Error if there was no answer */
function listenOnce(edge: EdgeConfig, path: string, until: number): Promise<LongLived> {
  return new Promise((resolve, reject) => {
    const asked = request(options(edge, path, { Accept: "text/event-stream" }));
    asked.once("error", reject);
    asked.once("response", (response: IncomingMessage) => {
      let body = "";
      const end = () => {
        clearTimeout(enough);
        resolve({ status: response.statusCode ?? 0, body });
        asked.destroy();
      };
      // At least the first word.
      const enough = setTimeout(end, Math.max(until - Date.now(), 1000));
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.once("end", end);
      response.once("error", end);
    });
    asked.end();
  });
}

/**
 * Opens a WebSocket, says a word and waits for the answer, and stays a while.
 * @returns status 101, and what was said; the status alone if it was not opened
 */
export function talk(edge: EdgeConfig, path: string, word: string): Promise<LongLived> {
  return new Promise((resolve, reject) => {
    const asked = request(
      options(edge, path, {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": Buffer.from("sixteen bytes of").toString("base64"),
      }),
    );
    asked.once("error", reject);
    asked.once("response", (response: IncomingMessage) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, body: "" });
    });
    asked.once("upgrade", (response: IncomingMessage, socket, head: Buffer) => {
      let body = head.toString();
      const end = () => {
        clearTimeout(enough);
        resolve({ status: response.statusCode ?? 0, body });
        socket.destroy();
      };
      const enough = setTimeout(end, stay);
      socket.on("data", (chunk: Buffer) => (body += chunk.toString()));
      // Its replica has ended: a client connects again.
      socket.once("close", end);
      socket.on("error", end);
      socket.write(word);
    });
    asked.end();
  });
}
