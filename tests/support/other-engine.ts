import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { registerTestStack } from "../../cli/testing/test-run.ts";
import { finish, type Finished } from "./docker.ts";
import { networkNamespace, type Command } from "./network-namespace.ts";

/** A Docker engine of the test's own, beside the machine's. */
export interface OtherEngine {
  /** Its socket, as DOCKER_HOST wants it. */
  readonly host: string;
  /** Runs a program that sees this engine and, on 127.0.0.1, the ports that it publishes. */
  run(program: string, args: readonly string[], env?: Record<string, string>): Promise<Finished>;
  /**
   * Runs a suite of this checkout on this engine, and shows what it says.
   * @param name as `berth test` takes it
   * @param signal of the test, which ends the suite with it
   * @throws Error unless every test of it passes
   */
  passes(name: string, signal: AbortSignal, env?: Record<string, string>): Promise<void>;
  /** Copies images of the machine's own engine. */
  take(images: readonly string[]): Promise<void>;
  /**
   * Stops the engine and starts it again on what it has stored.
   * @param release programs of another release; the same by default
   */
  restart(release?: string): Promise<void>;
  remove(): Promise<void>;
}

/** How the engine is started. */
export interface EngineChoice {
  /** Folder with `dockerd` and what it starts. */
  readonly programs: string;
  /** Folder whose `docker` is the client; the engine's own by default. */
  readonly client?: string;
  /** Content of daemon.json. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Addresses of its networks, as `--default-address-pool` takes them. */
  readonly pool?: string;
}

/**
 * Ends what an engine left, and takes its file systems down. Processes are its own if its folder
 * stands in their arguments, or if their root lies in it, as a container's does.
 */
const endEverything = `
folder=\${1:?}
own() {
  { printf '%s/' "$folder" | grep -sl -F -f - /proc/[0-9]*/cmdline
    grep -slE "^([^ ]+ ){4}/ .*$folder/" /proc/[0-9]*/mountinfo; } | cut -d / -f 3
}
rounds=0
while pids=$(own) && [ -n "$pids" ] && [ $rounds -lt 100 ]; do
  kill -KILL $pids
  sleep 0.2
  rounds=$((rounds + 1))
done
awk -v own="$folder/" 'index($5, own) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount --lazy
`;

/**
 * Starts an engine in a network namespace of its own: one of version 28 or newer takes away the
 * chains of iptables that another one has made, and with them its published ports.
 * @throws Error with the end of its log when it does not answer within three minutes
 */
export async function otherEngine({
  programs: first,
  client,
  settings = {},
  pool = "base=10.201.0.0/16,size=24",
}: EngineChoice): Promise<OtherEngine> {
  let programs = first;
  const folder = mkdtempSync(join(tmpdir(), "berth-engine-"));
  // Containers of remapped users have to pass through it.
  chmodSync(folder, 0o711);
  const id = folder
    .slice(-6)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "x");
  const network = await networkNamespace(id);
  const undo: readonly Command[] = [["sh", "-c", endEverything, "sh", folder], ...network.remove];
  const forget = registerTestStack({ paths: [folder], undo: [...undo] });
  const socket = join(folder, "docker.sock");
  const host = `unix://${socket}`;
  const log = join(folder, "log");
  writeFileSync(join(folder, "daemon.json"), JSON.stringify(settings));
  const path = (first: string) => `${first}:/usr/local/sbin:/usr/sbin:/sbin:${process.env["PATH"] ?? ""}`;
  let daemon: ReturnType<typeof spawn> | undefined;

  async function start(): Promise<void> {
    mkdirSync(join(folder, "data"), { recursive: true });
    const output = openSync(log, "a");
    daemon = spawn(
      "nsenter",
      [
        ...[`--net=/run/netns/${network.name}`, "dockerd", `--host=${host}`],
        ...[`--data-root=${join(folder, "data")}`, `--exec-root=${join(folder, "exec")}`],
        ...[`--pidfile=${join(folder, "pid")}`, `--config-file=${join(folder, "daemon.json")}`],
        ...["--bip=172.31.240.1/24", `--default-address-pool=${pool}`],
        `--userland-proxy-path=${join(programs, "docker-proxy")}`,
      ],
      { stdio: ["ignore", output, output], env: { ...process.env, PATH: path(programs), DOCKER_HOST: "" } },
    );
    for (let tries = 0; (await inside("docker", ["version"])).status !== 0; tries += 1) {
      if (tries > 360 || daemon.exitCode !== null) {
        throw new Error(`The engine does not answer: ${readFileSync(log, "utf8").slice(-2000)}`);
      }
      await sleep(500);
    }
  }
  async function stop(): Promise<void> {
    if (daemon?.exitCode !== null || daemon.signalCode !== null) return;
    const exit = once(daemon, "exit");
    daemon.kill("SIGTERM");
    await exit;
  }
  const environment = (env: Record<string, string>) => ({
    ...{ DOCKER_HOST: host, PATH: path(client ?? programs) },
    ...env,
  });
  const inside = (program: string, args: readonly string[], env: Record<string, string> = {}) =>
    finish("nsenter", [`--net=/run/netns/${network.name}`, program, ...args], { env: environment(env) });

  async function remove(): Promise<void> {
    await inside("sh", ["-c", "docker ps -aq | xargs -r docker rm --force --volumes"]);
    await stop();
    for (const [command, ...args] of undo) await finish(command, args);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 1000 });
    forget();
  }

  try {
    for (const [command, ...args] of network.make) {
      const made = await finish(command, args);
      if (made.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${made.stderr.trim()}`);
    }
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    host,
    run: inside,
    async passes(name, signal, env = {}) {
      const words = [process.execPath, "cli/berth.mjs", "test", name];
      const child = spawn("nsenter", [`--net=/run/netns/${network.name}`, ...words], {
        // Node.js would take a run of tests for one inside this one, and pass over its files.
        env: { ...process.env, ...environment(env), NODE_TEST_CONTEXT: undefined },
        stdio: ["ignore", "pipe", "inherit"],
        signal,
      });
      child.on("error", (error) => {
        process.stdout.write(`${name}: ${error.message}\n`);
      });
      let last = "";
      for await (const line of createInterface(child.stdout)) {
        process.stdout.write(`${name}: ${line}\n`);
        last = line;
      }
      if (!/^[1-9]\d* passed, 0 failed/.test(last)) throw new Error(`${name}: ${last}`);
    },
    async take(images) {
      const loaded = await finish("bash", [
        ...["-o", "pipefail", "-c", 'host=$1; shift; docker save "$@" | docker --host "$host" load'],
        ...["bash", host, ...images],
      ]);
      if (loaded.status !== 0) throw new Error(loaded.stderr);
    },
    async restart(release = programs) {
      await stop();
      programs = release;
      await start();
    },
    remove,
  };
}
