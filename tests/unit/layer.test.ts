import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import type { Socket } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, test, type TestContext } from "node:test";
import { freePorts } from "../support/free-ports.ts";

const preload = join(import.meta.dirname, "../../images/layer/preload.cjs");

/** A program that runs with berth's layer. */
interface Program {
  readonly child: ChildProcess;
  readonly address: string;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
  readonly said: () => string;
}

/**
 * Starts a program, and waits until it says "listening".
 * @param source with PORT in its environment
 */
async function start(
  t: TestContext,
  source: string,
  env: Record<string, string> = {},
  kind = "cjs",
): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), "berth-layer-"));
  const file = join(folder, `app.${kind}`);
  writeFileSync(file, source);
  const [port = 0] = await freePorts(1);
  const child = spawn(process.execPath, [file], {
    env: {
      PATH: process.env["PATH"],
      NODE_OPTIONS: `--require=${preload}`,
      PORT: String(port),
      BERTH_DRAIN: "5",
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });
  const lines: string[] = [];
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const reader = createInterface({ input: child.stdout });
  await new Promise<void>((resolve) => {
    reader.on("line", (line) => {
      lines.push(line);
      if (line === "listening") resolve();
    });
    void ended.then(() => {
      resolve();
    });
  });
  return { child, address: `http://127.0.0.1:${port}`, ended, said: () => lines.join("\n") };
}

/** A server that answers `/slow` after 700 ms, and `/events` with a stream that does not end. */
const server = `
const http = require("http");
const server = http.createServer((request, response) => {
  if (request.url === "/events") {
    response.setHeader("Content-Type", "text/event-stream");
    return response.write("data: first\\n\\n");
  }
  setTimeout(() => response.end("done"), request.url === "/slow" ? 700 : 0);
});
server.listen(process.env.PORT, () => console.log("listening"));
server.keepAliveTimeout = 5000;
`;

test("secrets are set in the process and in those that it starts, and are not in what it was started with", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "berth-layer-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, "environment.json");
  writeFileSync(file, '{"DATABASE_URL":"postgres://hunter2"}');
  const { said, ended } = await start(
    t,
    `const { execFileSync } = require("child_process");
    console.log(process.env.DATABASE_URL, execFileSync("printenv", ["DATABASE_URL"]).toString().trim());
    console.log(require("fs").readFileSync("/proc/self/environ", "utf8").includes("hunter2"));`,
    { BERTH_ENV_FILE: file },
  );
  assert.equal(await ended, 0);
  assert.equal(said(), "postgres://hunter2 postgres://hunter2\nfalse");
});

test("connections are kept longer than Nginx keeps them, whatever the application sets", async (t) => {
  const { address } = await start(t, server);
  const { headers } = await fetch(address);
  assert.equal(headers.get("keep-alive"), "timeout=75");
});

describe("at SIGTERM", () => {
  const modules = server.replace('const http = require("http");', 'import http from "node:http";');
  for (const [kind, source] of [
    ["cjs", server],
    ["mjs", modules],
  ] as const) {
    test(`open requests end, streams are ended, and the exit code is 0 (${kind})`, async (t) => {
      const { address, child, ended } = await start(t, source, {}, kind);
      const stream = await fetch(`${address}/events`);
      const slow = fetch(`${address}/slow`);
      await new Promise((resolve) => setTimeout(resolve, 200));
      child.kill("SIGTERM");
      assert.equal(await (await slow).text(), "done");
      assert.equal(await stream.text(), "data: first\n\n");
      assert.equal(await ended, 0);
      await assert.rejects(fetch(address));
    });
  }

  test("a stream that begins meanwhile is ended as well, and may go on writing", async (t) => {
    const { address, child, ended } = await start(
      t,
      `require("http").createServer((request, response) => {
        if (request.url === "/slow") return setTimeout(() => response.end("done"), 900);
        response.setHeader("Content-Type", "text/event-stream");
        setTimeout(() => setInterval(() => response.write("data: tick\\n\\n"), 20), 300);
      }).listen(process.env.PORT, () => console.log("listening"));`,
    );
    const slow = fetch(`${address}/slow`);
    const stream = fetch(`${address}/events`);
    await new Promise((resolve) => setTimeout(resolve, 150));
    child.kill("SIGTERM");
    assert.match(await (await stream).text(), /^data: tick\n/);
    assert.equal(await (await slow).text(), "done");
    assert.equal(await ended, 0);
  });

  test("a WebSocket does not hold it", async (t) => {
    const { address, child, ended } = await start(
      t,
      `${server}
      server.on("upgrade", (request, socket) => {
        socket.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n");
      });`,
    );
    const asked = request(address, { headers: { Connection: "Upgrade", Upgrade: "websocket" } });
    asked.end();
    const [, socket] = (await once(asked, "upgrade")) as [unknown, Socket];
    socket.on("error", () => undefined);
    child.kill("SIGTERM");
    await once(socket, "close");
    assert.equal(await ended, 0);
  });

  test("an application's own listener decides", async (t) => {
    const { child, ended } = await start(t, `${server}process.on("SIGTERM", () => process.exit(7));`);
    child.kill("SIGTERM");
    assert.equal(await ended, 7);
  });

  test("a library that ends the process if nobody else listens finds nobody", async (t) => {
    const { address, child, ended } = await start(
      t,
      `${server}
      process.on("SIGTERM", function listener() {
        if (process.listeners("SIGTERM").length !== 1) return;
        process.removeListener("SIGTERM", listener);
        process.kill(process.pid, "SIGTERM");
      });`,
    );
    const slow = fetch(`${address}/slow`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    child.kill("SIGTERM");
    assert.equal(await (await slow).text(), "done");
    assert.equal(await ended, 0);
  });

  test("a cluster that starts its workers again ends with their requests", async (t) => {
    const { address, child, ended, said } = await start(
      t,
      `const cluster = require("cluster");
      if (cluster.isMaster) {
        cluster.on("exit", () => { console.log("again"); cluster.fork(); });
        cluster.fork(); cluster.fork();
        cluster.once("listening", () => console.log("listening"));
      } else {
        require("http").createServer((request, response) => setTimeout(() => response.end("done"), 700)).listen(process.env.PORT);
      }`,
    );
    const slow = fetch(address);
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill("SIGTERM");
    assert.equal(await (await slow).text(), "done");
    assert.equal(await ended, 0);
    assert.equal(said(), "listening");
  });

  test("a program that does not serve ends at once", async (t) => {
    const { child, ended } = await start(t, 'setInterval(() => {}, 1000); console.log("listening");');
    child.kill("SIGTERM");
    assert.equal(await ended, 143);
  });
});

describe("health", () => {
  test("is answered where the application has no route for it", async (t) => {
    const { address } = await start(t, server, { BERTH_HEALTH: "/_edge/health" });
    const answer = await fetch(`${address}/_edge/health`);
    assert.deepEqual([answer.status, await answer.text()], [200, "ok\n"]);
  });

  test("is the application's own where it has one", async (t) => {
    const { address } = await start(t, server, { BERTH_HEALTH: "/up" });
    assert.equal(await (await fetch(`${address}/up`)).text(), "done");
  });
});
