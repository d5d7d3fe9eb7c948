import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { finish, type Finished } from "./docker.ts";

/** A Docker engine of the test's own, beside the machine's. */
export interface OtherEngine {
  /** Its socket, as DOCKER_HOST wants it. */
  readonly host: string;
  /** Runs a program that sees this engine and, on 127.0.0.1, the ports that it publishes. */
  run(program: string, args: readonly string[], env?: Record<string, string>): Promise<Finished>;
  /** As {@link run}, its output as the test's own, and its last line returned. */
  show(program: string, args: readonly string[], env?: Record<string, string>): Promise<string>;
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
  const network = await namespace(id);
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
    if (daemon?.exitCode !== null) return;
    daemon.kill("SIGTERM");
    await once(daemon, "exit");
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
    await network.remove();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 1000 });
  }

  try {
    await start();
  } catch (error) {
    await stop();
    await network.remove();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    host,
    run: inside,
    async show(program, args, env = {}) {
      const child = spawn("nsenter", [`--net=/run/netns/${network.name}`, program, ...args], {
        // Node.js would take a run of tests for one inside this one, and pass over its files.
        env: { ...process.env, ...environment(env), NODE_TEST_CONTEXT: undefined },
        stdio: ["ignore", "pipe", "inherit"],
      });
      let last = "";
      child.stdout.on("data", (chunk: Buffer) => {
        process.stdout.write(chunk);
        last = (last + chunk.toString()).slice(-2000);
      });
      await once(child, "close");
      return last.trimEnd().split("\n").at(-1) ?? "";
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

/** A network namespace with a way out, as a small host behind this one. */
async function namespace(id: string): Promise<{ name: string; remove: () => Promise<void> }> {
  const name = `berth-${id}`;
  const outside = `be${id}`;
  const subnet = `10.202.${Math.floor(Math.random() * 250)}`;
  const out = /dev (\S+)/.exec((await finish("ip", ["route", "show", "default"])).stdout)?.[1] ?? "eth0";
  const mtu = readFileSync(`/sys/class/net/${out}/mtu`, "utf8").trim();
  const rules = [
    { table: "nat", chain: "POSTROUTING", match: ["-s", `${subnet}.0/30`, "-o", out, "-j", "MASQUERADE"] },
    { table: "filter", chain: "FORWARD", match: ["-i", outside, "-j", "ACCEPT"] },
    { table: "filter", chain: "FORWARD", match: ["-o", outside, "-j", "ACCEPT"] },
  ];
  const iptables = (action: "-I" | "-D") =>
    rules.map(({ table, chain, match }) => ["iptables", "-t", table, action, chain, ...match]);
  async function all(commands: readonly (readonly string[])[]): Promise<void> {
    for (const [command = "", ...args] of commands) {
      const done = await finish(command, args);
      if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${done.stderr.trim()}`);
    }
  }
  async function remove(): Promise<void> {
    for (const [command = "", ...args] of iptables("-D")) await finish(command, args);
    await finish("ip", ["link", "delete", outside]);
    await finish("ip", ["netns", "delete", name]);
  }
  try {
    await all([
      ["ip", "netns", "add", name],
      ["ip", "link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", name],
      ["ip", "address", "add", `${subnet}.1/30`, "dev", outside],
      ["ip", "link", "set", outside, "mtu", mtu, "up"],
      ["ip", "-n", name, "address", "add", `${subnet}.2/30`, "dev", "eth0"],
      ["ip", "-n", name, "link", "set", "eth0", "mtu", mtu, "up"],
      ["ip", "-n", name, "link", "set", "lo", "up"],
      ["ip", "-n", name, "route", "add", "default", "via", `${subnet}.1`],
      ...iptables("-I"),
    ]);
  } catch (error) {
    await remove();
    throw error;
  }
  return { name, remove };
}
