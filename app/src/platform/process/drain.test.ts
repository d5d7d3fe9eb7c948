import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { listen } from "../http/listen.ts";
import { prepareDrain } from "./drain.ts";

/**
 * Far more than a drain without open requests takes, and what the test would wait if one were held.
 */
const seconds = 60;

async function open(port: number, text: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  if (text !== "") socket.write(text);
  return socket;
}

test("connections without a complete request do not delay a drain", async () => {
  const { server, port } = await listen((_request, response) => response.end("ok"), "127.0.0.1", 0);
  const drain = prepareDrain(server);
  const silent = await open(port, "");
  const half = await open(port, "GET / HTTP/1.1\r\nHost: x\r\n");
  const idle = await open(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(idle, "data");
  const ended = [silent, half, idle].map((socket) => once(socket, "close"));
  const late = AbortSignal.timeout(seconds * 500);
  assert.equal(await drain(seconds), true);
  await Promise.all(ended);
  assert.ok(!late.aborted, "it waited for a connection that had nothing to say");
});

test("a request in progress gets its whole answer, however long after the grace of silent connections", async () => {
  let finish: () => void = () => undefined;
  const { server, port } = await listen(
    (_request, response) => {
      response.write("first ");
      finish = () => response.end("second");
    },
    "127.0.0.1",
    0,
  );
  const drain = prepareDrain(server);
  const socket = await open(port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, "data");
  const silent = await open(port, "");
  const drained = drain(seconds);
  await once(silent, "close");
  assert.ok(!socket.destroyed, "cut off with the silent one");
  const ended = once(socket, "close");
  finish();
  assert.equal(await drained, true);
  await ended;
  assert.match(text, /second/);
});
