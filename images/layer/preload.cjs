"use strict";
// Loaded first by every Node process of the container (NODE_OPTIONS=--require), in CommonJS and for Node 12 and newer, so
// that it comes before any application. It sets secrets in the process, keeps connections longer than Nginx does, drains at
// SIGTERM and answers for health, each only where the application does not do it itself.
const cluster = require("cluster");
const fs = require("fs");
const http = require("http");
const https = require("https");
const { isMainThread } = require("worker_threads");

const { BERTH_ENV_FILE, BERTH_HEALTH, BERTH_DRAIN } = process.env;
/** Milliseconds that Nginx keeps an idle connection are 30,000: the side that sends next must not be the one that closes. */
const kept = 75000;
const drainMs = Number(BERTH_DRAIN || 25) * 1000;
/** Path that berth itself answers; the application has a route of its own otherwise. */
const ownHealth = "/_edge/health";

// Secrets: in this process and what it starts, and in nothing that Docker shows.
if (BERTH_ENV_FILE) Object.assign(process.env, JSON.parse(fs.readFileSync(BERTH_ENV_FILE, "utf8")));

const servers = new Set();
let draining = false;

/** A stream never ends by itself. Its clients come back, and get another replica. */
function endStreams(server) {
  for (const { response } of server.berthRequests) {
    if (!response.headersSent || response.writableEnded) continue;
    if (!/^text\/event-stream/.test(String(response.getHeader("content-type")))) continue;
    // What the application still writes would end the process, and the other requests with it.
    response.on("error", () => undefined);
    response.end();
  }
}

function watch(server) {
  if (server.berthRequests) return;
  server.berthRequests = new Set();
  server.berthSockets = new Set();
  servers.add(server);
  let keepAlive = Math.max(server.keepAliveTimeout, kept);
  if (server.keepAliveTimeout === 0) keepAlive = 0;
  Object.defineProperty(server, "keepAliveTimeout", {
    get: () => keepAlive,
    // 0 is for ever, which is longer.
    set: (value) => {
      keepAlive = value === 0 ? 0 : Math.max(Number(value) || 0, kept);
    },
    configurable: true,
    enumerable: true,
  });
  // Some versions of Node measure it from the end of the request before.
  if (server.headersTimeout > 0) server.headersTimeout = Math.max(server.headersTimeout, kept + 5000);
  server.on("connection", (socket) => {
    server.berthSockets.add(socket);
    socket.once("close", () => server.berthSockets.delete(socket));
  });
  server.once("close", () => servers.delete(server));
}

/** Health as berth asks for it; anything else is the application's. */
function answersHealth(request, response) {
  if (!BERTH_HEALTH || request.url !== BERTH_HEALTH || (BERTH_HEALTH !== ownHealth && !draining))
    return false;
  response.statusCode = draining ? 503 : 200;
  response.setHeader("Content-Type", "text/plain");
  response.end(draining ? "draining\n" : "ok\n");
  return true;
}

for (const { Server } of [http, https]) {
  const { emit } = Server.prototype;
  Server.prototype.emit = function berthEmit(event, request, response) {
    if (event === "listening") watch(this);
    if (event !== "request" || !this.berthRequests) return emit.apply(this, arguments);
    if (answersHealth(request, response)) return true;
    const open = { socket: request.socket, response };
    this.berthRequests.add(open);
    const done = () => this.berthRequests.delete(open);
    response.once("finish", done);
    response.once("close", done);
    if (draining && !response.headersSent) response.setHeader("Connection", "close");
    return emit.apply(this, arguments);
  };
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Accepts nothing new, lets open requests end, ends event streams, and closes what is left. */
async function drain(server, deadline) {
  const begun = Date.now();
  server.close(() => undefined);
  // A request that was sent before the end of listening is in the system's buffers for a moment.
  while (Date.now() < deadline && (server.berthRequests.size > 0 || Date.now() - begun < 500)) {
    endStreams(server);
    await sleep(25);
  }
  for (const socket of server.berthSockets) socket.destroy();
}

/** Ends the processes of a cluster, which the primary would start again. */
async function drainWorkers(deadline) {
  const workers = Object.values(cluster.workers || {}).filter(Boolean);
  cluster.removeAllListeners("exit");
  cluster.removeAllListeners("disconnect");
  for (const worker of workers) process.kill(worker.process.pid, "SIGTERM");
  while (Date.now() < deadline && workers.some((worker) => !worker.isDead())) await sleep(25);
}

/** Processes beside this one, which is process 1 of its container. */
function others() {
  return fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== "1" && isAlive(name));
}

function isAlive(pid) {
  try {
    return !/^State:\s+[ZX]/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch (error) {
    return false;
  }
}

/** What runs a script of package.json, and does not wait for it when it is told to end. */
const isRunner = /[/\\](?:npm|npx|pnpm|yarn|corepack)(?:-cli)?(?:\.[cm]?js)?$/.test(process.argv[1] || "");

const ownListener = () => {
  const workers = Object.values(cluster.workers || {}).length > 0;
  const serves = servers.size > 0 || workers;
  // The application's own listener decides.
  if (draining || (foreignListeners().length > 0 && (serves || !isRunner))) return;
  draining = true;
  const deadline = Date.now() + drainMs;
  if (!serves) {
    endOthers(deadline);
    return;
  }
  const ending = [...servers].map((server) => drain(server, deadline));
  if (workers) ending.push(drainWorkers(deadline));
  Promise.all(ending).then(() => process.exit(0));
};

/** A process that does not serve ends, as it would by itself. As process 1 it may be npm: what serves is told from here. */
function endOthers(deadline) {
  if (process.pid !== 1 || others().length === 0) process.exit(143);
  try {
    process.kill(-1, "SIGTERM");
  } catch (error) {
    process.exit(143);
  }
  // Process 1 takes the others with it when it ends, so it waits, whatever ends it.
  process.on("exit", () => {
    const cell = new Int32Array(new SharedArrayBuffer(4));
    while (Date.now() < deadline && others().length > 0) Atomics.wait(cell, 0, 0, 50);
  });
  const waiting = setInterval(() => {
    if (others().length > 0 && Date.now() < deadline) return;
    clearInterval(waiting);
    process.exit(0);
  }, 50);
}

const rawListeners = process.listeners.bind(process);
const foreignListeners = () => rawListeners("SIGTERM").filter((listener) => listener !== ownListener);

if (isMainThread && !/\/berth\/check\.cjs$/.test(process.argv[1] || "")) {
  process.on("SIGTERM", ownListener);
  // Libraries such as signal-exit end the process only if nobody else listens: this listener does not count.
  // `listenerCount` stays: Node goes by it when it stops to listen.
  process.listeners = (event) => (event === "SIGTERM" ? foreignListeners() : rawListeners(event));
}
