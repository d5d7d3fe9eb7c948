import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { identify, isRunning, parseStartTime, startTime } from "../../system/process-identity.ts";
import { endRun, processesWith, runVariable } from "../../cli/locks/run-processes.ts";
import { capture, follow, pipe } from "../../system/run.ts";

test("a process is itself until it ends", async () => {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const identity = identify(child.pid ?? 0);
  assert.ok(identity);
  assert.equal(isRunning(identity), true);
  assert.equal(isRunning({ ...identity, started: "another/1" }), false);
  child.kill();
  await once(child, "exit");
  assert.equal(isRunning(identity), false);
});

test("a zombie does not run", async (t) => {
  // The shell becomes a program that never collects its child; only then is the child let go.
  // (Descriptor 3: shells give what they start in the background an empty descriptor 0.)
  const parent = spawn("sh", ["-c", "exec 3<&0; cat <&3 >/dev/null & echo $!; exec sleep 60"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  t.after(() => parent.kill());
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(line.toString());
  const program = () => readFileSync(`/proc/${parent.pid ?? 0}/comm`, "utf8").trim();
  while (program() !== "sleep") await new Promise(setImmediate);
  assert.notEqual(identify(pid), undefined);
  parent.stdin.end();
  while (identify(pid) !== undefined) await new Promise(setImmediate);
  assert.doesNotThrow(() => process.kill(pid, 0), "it still has its entry");
});

test("start times are read past names with spaces and parentheses", () => {
  const fields = ["S", ...Array.from({ length: 18 }, () => "0"), "12345", "0"].join(" ");
  assert.deepEqual(parseStartTime(`42 (a) b (c)) ${fields}`, "cpu 1\nbtime 1000\n"), new Date(1_123_450));
  assert.equal(parseStartTime("42 (x) S", "btime 1000"), undefined);
  const own = startTime(process.pid);
  assert.ok(own !== undefined && own.getTime() <= Date.now());
});

test("finds a killed run's processes by their environment and ends them, whatever signals they ignore", async () => {
  const run = randomUUID();
  const env = { ...process.env, [runVariable]: run };
  const stubborn = spawn("sh", ["-c", 'trap "" TERM INT; echo ready; while :; do sleep 0.1; done'], {
    env,
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const bystander = spawn("sleep", ["60"], { env: { ...process.env, [runVariable]: `${run}0` } });
  await once(stubborn.stdout, "data");
  assert.ok(processesWith(runVariable, run).some(({ pid }) => pid === stubborn.pid));
  const ended = once(stubborn, "exit");
  const said: string[] = [];
  assert.ok((await endRun(run, (line) => said.push(line))) >= 1);
  const [, signal] = (await ended) as [number | null, string | null];
  assert.equal(signal, "SIGKILL");
  assert.match(said[0] ?? "", /^ending \d+ left processes: .*sh/);
  assert.equal(bystander.exitCode, null);
  bystander.kill();
  assert.equal(await endRun(run, () => undefined), 0);
});

test("captured commands give their output, code and input's echo, and say when they are missing", async () => {
  const echoed = await capture(
    { command: "sh", args: ["-c", "cat; echo oops >&2; exit 7"] },
    { input: "hello" },
  );
  assert.deepEqual(echoed, { code: 7, stdout: "hello", stderr: "oops\n", missing: false });
  const missing = await capture({ command: "berth-no-such-program", args: [] });
  assert.equal(missing.missing, true);
});

test("followed commands hand over both streams' lines and keep the end for the error", async () => {
  const lines: string[] = [];
  const script = "for i in $(seq 1 30); do echo line $i; done; echo broken >&2; exit 3";
  const { code, tail } = await follow({ command: "sh", args: ["-c", script] }, (line) => lines.push(line));
  assert.equal(code, 3);
  assert.equal(lines.length, 31);
  assert.equal(tail.split("\n").length, 20);
});

test("output is kept whole, however long it is", async () => {
  const { stdout } = await capture({ command: "sh", args: ["-c", "yes | head -c 3000000"] });
  assert.equal(stdout.length, 3_000_000);
});

test("an abort ends a followed command and its children", async () => {
  const interruption = new AbortController();
  const { signal } = interruption;
  let grandchild = 0;
  const onLine = (line: string) => {
    grandchild = Number(line);
    interruption.abort();
  };
  const script = "sleep 60 & echo $!; wait";
  const { code } = await follow({ command: "sh", args: ["-c", script] }, onLine, { signal, tree: true });
  assert.equal(code, 1);
  while (identify(grandchild) !== undefined) await new Promise(setImmediate);
});

test("passes one command's output to another byte by byte, its messages as lines, and reports both ends", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "berth-pipe-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const log = join(folder, "log");
  const said: string[] = [];
  const source = { command: "sh", args: ["-c", "printf 'a\\0\\377'; echo halfway >&2; exit 3"] };
  const sink = { command: "od", args: ["-An", "-tx1"] };
  const { from, to } = await pipe(source, sink, (line) => said.push(line), { log });
  assert.deepEqual([from.code, from.tail, said], [3, "halfway", ["halfway"]]);
  assert.deepEqual([to.code, to.stdout.trim()], [0, "61 00 ff"]);
  assert.ok(existsSync(log));
  assert.equal(readFileSync(log, "utf8"), "halfway\n");
  const early = await pipe(
    { command: "sh", args: ["-c", "yes | head -c 1000000"] },
    { command: "false", args: [] },
    () => undefined,
  );
  assert.equal(early.to.code, 1);
});
