import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nginxConfig } from "../../infra/rendering/edge-config.ts";
import type { EdgeApp } from "../../infra/rendering/edge-app.ts";
import { edgePaths, edgePorts, edgeUser, startLine } from "../../infra/rendering/edge-paths.ts";
import { heldPorts, holdSockets, listenerFiles } from "../../infra/rendering/listener-files.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { selfSignedScript } from "../../infra/rendering/certificate-scripts.ts";
import { fileBundle } from "../../infra/rendering/file-bundle.ts";
import { projectName } from "../../cli/settings/project.ts";
import { baseImage } from "./base-image.ts";
import { docker, finish, type Finished, removeContainers } from "./docker.ts";
import { plainEdge } from "./edge-shapes.ts";
import { freePorts } from "./free-ports.ts";
import { ownEdgeApp } from "./own-app.ts";

const root = join(import.meta.dirname, "../..");
const backend = readFileSync(join(import.meta.dirname, "edge-backend.ts"), "utf8");

/** Run inside a replica: ends once it answers, with 1 if it does not within half a minute. */
const untilReady = `
  setTimeout(() => process.exit(1), 30_000);
  const ask = () => fetch("http://127.0.0.1:8000/health/ready").then(() => process.exit(0), () => setTimeout(ask, 50));
  ask();`;

/**
 * An edge of its own on a network of its own, made of the real images, scripts and configuration.
 */
export interface EdgeStand {
  /** Prefix of everything's name; network and volumes are `name-part`. */
  readonly name: string;
  readonly shape: EdgeConfig;
  /** Container of the Nginx that serves. */
  readonly proxy: string;
  /** Container that publishes the ports. */
  readonly listener: string;
  /**
   * Puts another Nginx in the place of the one that serves, as `pulumi up` would.
   * @param image its image; that of the one before by default
   */
  replaceProxy(image?: string): Promise<Finished>;
  /** Starts a replica and returns its container's name once it answers. */
  startReplica(release: string): Promise<string>;
  /** Moves the traffic as `pulumi up` would. */
  switchTo(release: string, replicas: readonly string[], change?: SwitchChange): Promise<Finished>;
  /** Runs a container on the stand's network, removed with it. */
  run(part: string, args: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

export interface SwitchChange {
  shape?: Partial<EdgeConfig>;
  app?: Partial<EdgeApp>;
  /** A replica of another release, with its share in per cent. */
  canary?: { release: string; replica: string; share: number; header?: string };
  files?: Readonly<Record<string, string>>;
}

/** Starts the proxy, not yet configured; the first {@link EdgeStand.switchTo} brings it up. */
export async function edgeStand(change: Partial<EdgeConfig> = {}): Promise<EdgeStand> {
  const [nginx, node] = await Promise.all([baseImage("nginx"), baseImage("node")]);
  const name = `berth-edge-${randomBytes(4).toString("hex")}`;
  const volumes = ["config", "state", "webroot", "certificates", "assets", "media"] as const;
  const containers: string[] = [];
  const [httpPort = 0, httpsPort = 0] = await freePorts(2);
  const shape: EdgeConfig = {
    ...plainEdge,
    proxyAddress: "127.0.0.1",
    httpPort,
    httpsPort,
    drainTimeout: 5,
    // One client is everybody in a test; the limits themselves have a test of their own.
    requestRate: 100_000,
    requestBurst: 100_000,
    clientConnections: 10_000,
    ...change,
  };
  const label = `berth.test=${name}`;

  async function remove(): Promise<void> {
    await removeContainers(containers);
    await finish("docker", ["volume", "rm", "--force", ...volumes.map((volume) => `${name}-${volume}`)]);
    await finish("docker", ["network", "rm", name]);
  }

  async function run(part: string, args: readonly string[]): Promise<string> {
    const container = `${name}-${part}`;
    containers.push(container);
    await docker([
      "run",
      "--detach",
      `--name=${container}`,
      `--label=${label}`,
      // As a stack's containers have them, for commands that look at what runs.
      ...[`--label=berth.project=${projectName()}`, `--label=berth.stack=${name}`],
      `--label=berth.part=${part.replace(/-\d+$/, "")}`,
      `--network=${name}`,
      ...args,
    ]);
    return container;
  }

  try {
    await docker(["network", "create", `--label=${label}`, name]);
    for (const volume of volumes) await docker(["volume", "create", `--label=${label}`, `${name}-${volume}`]);
    const mounts = volumes.map((volume) => `--volume=${name}-${volume}:/v/${volume}`);
    const owned = ["state", "webroot", "certificates"].map((volume) => `/v/${volume}`);
    await docker([
      "run",
      "--rm",
      "--network=none",
      ...mounts,
      "--entrypoint=chown",
      nginx,
      `${edgeUser}:${edgeUser}`,
      ...owned,
    ]);
    if (shape.tls === "selfsigned") {
      await docker([
        ...["run", "--rm", "--network=none", `--user=${edgeUser}:${edgeUser}`],
        ...[`--volume=${name}-certificates:${edgePaths.certificates}`, "--entrypoint=sh", nginx],
        ...["-c", selfSignedScript([...shape.domain, ...shape.redirectDomains])],
      ]);
    }
    const mount = (volume: (typeof volumes)[number], target: string, mode = ":ro") =>
      `--volume=${name}-${volume}:${target}${mode}`;
    const confined = [
      ...["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"],
      ...[`--user=${edgeUser}:${edgeUser}`, "--tmpfs=/tmp", "--restart=unless-stopped"],
      ...[`--label=berth.project=berth`, `--label=berth.stack=${name}`],
    ];
    const listener = await run("listener", [
      ...[...confined, "--label=berth.part=listener", "--memory=32m", "--memory-swap=32m"],
      `--network-alias=nginx`,
      `--publish=127.0.0.1:${shape.httpPort}:${edgePorts.http}`,
      `--publish=127.0.0.1:${shape.httpsPort}:${edgePorts.https}`,
      ...(shape.http3 ? [`--publish=127.0.0.1:${shape.httpsPort}:${edgePorts.https}/udp`] : []),
      mount("state", edgePaths.state, ""),
      ...["--entrypoint=perl", nginx, "-e", holdSockets, "--", ...heldPorts(shape)],
    ]);
    const hostname = await docker(["inspect", "--format", "{{.Config.Hostname}}", listener]);
    const startProxy = (part: string, image: string) =>
      run(part, [
        ...[...confined, "--label=berth.part=nginx", "--stop-signal=SIGQUIT", `--env=LISTENER=${hostname}`],
        ...["--memory=128m", "--memory-swap=128m", "--pids-limit=64"],
        `--tmpfs=${edgePaths.run}:size=16m,uid=${edgeUser},gid=${edgeUser},mode=0755`,
        ...[mount("config", edgePaths.config, ""), mount("state", edgePaths.state, "")],
        ...[mount("webroot", edgePaths.webroot), mount("certificates", edgePaths.certificates)],
        ...[mount("assets", edgePaths.assets), mount("media", edgePaths.media)],
        ...["--entrypoint=sh", image, "-c", startLine],
      ]);
    let proxy = await startProxy("nginx", nginx);
    let proxies = 1;
    let started = 0;
    return {
      name,
      shape,
      get proxy() {
        return proxy;
      },
      listener,
      async replaceProxy(image = nginx) {
        proxies += 1;
        const next = await startProxy(`nginx-${proxies}`, image);
        const id = (container: string) => docker(["inspect", "--format", "{{.Id}}", container]);
        const { name: folder, files } = listenerFiles(shape);
        const handed = await finish("sh", [join(root, "infra/commands/hand-over-proxy.sh")], {
          stdin: fileBundle(files),
          env: {
            PROJECT: "berth",
            STACK: name,
            PROXY: await id(next),
            LISTENER: await id(listener),
            FILES: folder,
            DRAIN: String(shape.drainTimeout),
          },
        });
        if (handed.status === 0) proxy = next;
        return handed;
      },
      run,
      remove,
      async startReplica(release) {
        started += 1;
        const replica = await run(`app-${started}`, [
          ...[`--env=RELEASE=${release}`, `--env=REPLICA=${started}`, "--user=1000:1000", "--init"],
          ...["--entrypoint=node", node, "--input-type=module-typescript", "--eval", backend],
        ]);
        if ((await finish("docker", ["exec", replica, "node", "--eval", untilReady])).status !== 0) {
          throw new Error(`${replica} does not answer: ${await docker(["logs", replica])}`);
        }
        return replica;
      },
      switchTo(release, replicas, change = {}) {
        const config = nginxConfig(
          { ...shape, ...change.shape },
          {
            id: release,
            app: { ...ownEdgeApp, ...change.app },
            upstreams: replicas.map((address) => ({ address, port: 8000 })),
            canary: change.canary && {
              id: change.canary.release,
              upstream: { address: change.canary.replica, port: 8000 },
              share: change.canary.share,
              header: change.canary.header,
            },
          },
          "en",
        );
        const files = { ...config.files, ...change.files };
        const set = change.files === undefined ? config.set : `${config.set}-changed`;
        return finish("sh", [join(root, "infra/commands/switch-traffic.sh")], {
          stdin: fileBundle(files),
          env: {
            PROXY: proxy,
            SET: set,
            RELEASE: release,
            REPLICAS: replicas.join(" "),
            // Watching the replicas afterwards is tested with whole stacks.
            BAKE: "0",
            ANSWERS: String(Math.max(2, replicas.length * 2)),
            DRAIN: String(shape.drainTimeout),
          },
        });
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
