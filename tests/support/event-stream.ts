import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeConfig } from "../../stacks/edge.ts";

const path = "/api/v1/ticks";
/** Milliseconds from one event to the next, and without any until a listener would complain. */
const TICK = 250;
const SILENCE = 60_000;

/**
 * A module of an application that streams: an event four times a second, numbered by the clock, and
 * those since the one that a client has seen last. So a client that is sent to another replica can
 * tell whether it missed any.
 */
const streamingModule = `
import { defineRoute } from "../../platform/http/route.ts";

const now = () => Math.floor(Date.now() / ${TICK});
const ticks = defineRoute({
  method: "get",
  path: "${path}",
  access: "public",
  summary: "The time, as it goes by",
  answers: { 200: { description: "Events", contentType: "text/event-stream" } },
  handle({ request, response }) {
    const unbuffered = { "Cache-Control": "no-store", "X-Accel-Buffering": "no" };
    response.writeHead(200, { "Content-Type": "text/event-stream", ...unbuffered });
    let next = Number(request.get("last-event-id") ?? now() - 1) + 1;
    const send = () => {
      for (; next <= now(); next += 1) response.write(\`id: \${next}\\ndata: tick\\n\\n\`);
    };
    send();
    const timer = setInterval(send, ${TICK});
    response.once("close", () => clearInterval(timer));
    return "sent";
  },
});

export const module = { routes: () => [ticks] };
`;

/** Gives a copy of the checkout the module that {@link followEvents} listens to. */
export function addEventStream(folder: string): void {
  const module = join(folder, "app/src/modules/ticks");
  mkdirSync(module, { recursive: true });
  writeFileSync(join(module, "module.ts"), streamingModule);
}

/** What a listener sees. */
export interface Listener {
  /** Called for each event. */
  readonly event: () => void;
  /** Called with whatever a browser's EventSource would not mend, or would lose. */
  readonly failure: (what: string) => void;
}

/**
 * Listens as a browser's EventSource does: a stream that ends is opened again at once, from the
 * event after the last one.
 * @returns stops listening
 */
export function followEvents(edge: EdgeConfig, { event, failure }: Listener): () => Promise<void> {
  const stopping = new AbortController();
  const stopped = () => stopping.signal.aborted;
  const host = edge.domain[0] ?? "";
  let last: number | undefined;

  const listen = async (): Promise<void> => {
    const headers = {
      Host: host,
      Accept: "text/event-stream",
      ...(last === undefined ? {} : { "Last-Event-ID": String(last) }),
    };
    const to = { host: "127.0.0.1", port: edge.httpsPort, servername: host, path, headers, setHost: false };
    const asked = request({ ...to, agent: false, rejectUnauthorized: false, signal: stopping.signal }).end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    if (response.statusCode !== 200) {
      response.resume();
      throw new Error(`status ${response.statusCode ?? 0}`);
    }
    const lines = createInterface({ input: response });
    // Lines of a stream that is destroyed neither end nor fail by themselves.
    response.once("close", () => {
      lines.close();
    });
    const silent = () => {
      response.destroy();
      failure(`no event for ${SILENCE / 1000} s`);
    };
    let watch = setTimeout(silent, SILENCE);
    let id = 0;
    try {
      for await (const line of lines) {
        id = Number(/^id: (\d+)$/.exec(line)?.[1] ?? id);
        // An event counts once it is whole.
        if (line !== "data: tick") continue;
        clearTimeout(watch);
        watch = setTimeout(silent, SILENCE);
        if (last !== undefined && id !== last + 1) failure(`event ${id} came after ${last}`);
        last = id;
        event();
      }
    } catch {
      // Cut, as streams are when their drain is over: it is opened again.
    } finally {
      clearTimeout(watch);
    }
  };
  const listening = (async () => {
    while (!stopped()) {
      try {
        await listen();
      } catch (error) {
        if (stopped()) return;
        failure(String(error));
        await sleep(TICK);
      }
    }
  })();
  return async () => {
    stopping.abort();
    await listening;
  };
}
