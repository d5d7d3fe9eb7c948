import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { test } from "node:test";
import { beginTestRun, endTestRun, testRunVariable } from "../../cli/testing/test-run.ts";
import { baseImage } from "../support/base-image.ts";
import { finish } from "../support/docker.ts";

const programs = "/usr/sbin";
const missing =
  process.getuid?.() !== 0 || !existsSync(`${programs}/dockerd`)
    ? "it starts the distribution's engine, as root"
    : false;

/** Starts an engine with one container, says where it is, and waits to be killed. */
const program = (image: string) => `
import { otherEngine } from "${join(import.meta.dirname, "../support/other-engine.ts")}";
const engine = await otherEngine({ programs: "${programs}" });
await engine.take(["${image}"]);
const { status, stderr } = await engine.run("docker", ["run", "--detach", "${image}", "tail", "-f", "/dev/null"]);
console.log(status === 0 ? engine.host : stderr);
setInterval(() => undefined, 60_000);
`;

test(
  "an engine whose test was killed is gone after the run: processes, network, firewall, files",
  { skip: missing, timeout: 900_000 },
  async (t) => {
    const run = beginTestRun();
    t.after(() => endTestRun(run, process.env, () => undefined));
    const child = spawn(
      process.execPath,
      ["--input-type=module-typescript", "--eval", program(await baseImage("debian"))],
      { env: { ...process.env, [testRunVariable]: run }, stdio: ["ignore", "pipe", "inherit"] },
    );
    const said = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
    const host = said.done === true ? "" : said.value;
    assert.match(host, /^unix:/);
    const folder = dirname(host.slice("unix://".length));
    const id = basename(folder).slice(-6).toLowerCase();

    /** What there is of the engine on this host. */
    async function traces(): Promise<Record<string, boolean>> {
      const holds = async (script: string) =>
        (await finish("sh", ["-c", script, "sh", folder, id])).stdout !== "";
      return {
        container: await holds('grep -sl "^[^/]* / / .*$1/" /proc/[0-9]*/mountinfo'),
        mounts: await holds('grep " $1/" /proc/self/mountinfo'),
        namespace: await holds('ip netns list | grep "berth-$2"'),
        interface: await holds('ip link show | grep "be$2"'),
        firewall: await holds('iptables-save | grep "be$2"'),
        folder: existsSync(folder),
      };
    }
    const all = (value: boolean) => ({
      ...{ container: value, mounts: value, namespace: value },
      ...{ interface: value, firewall: value, folder: value },
    });
    assert.deepEqual(await traces(), all(true));
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
    await endTestRun(run, process.env, () => undefined);
    assert.deepEqual(await traces(), all(false));
  },
);
