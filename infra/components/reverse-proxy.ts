import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { containerDefaults, containerOptions, healthcheck } from "../policy/container-defaults.ts";
import { labels, type Host, type Identity } from "../policy/host.ts";
import { proxyLimits } from "../policy/limits.ts";
import { dockerRun } from "../rendering/docker-run.ts";
import { edgePaths, edgePorts, edgeUser, startLine } from "../rendering/edge-paths.ts";
import { fileBundle } from "../rendering/file-bundle.ts";
import { listenerFiles } from "../rendering/listener-files.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { admission } from "../resources/admission.ts";
import { proxyListener, type ProxyListenerArgs } from "../resources/proxy-listener.ts";

export interface ReverseProxyArgs {
  host: Host;
  identity: Identity;
  /** Nginx image: the official one, or one with the same user, and with curl, openssl and Perl. */
  image: pulumi.Input<string>;
  edge: EdgeConfig;
  /** Published ports, and what becomes of the container that publishes them now. */
  published: Pick<ProxyListenerArgs, "ports" | "change">;
  /** Network that the application's replicas are on. */
  network: pulumi.Input<string>;
  /** Where a shared proxy in front finds this one. */
  shared?: ProxyListenerArgs["shared"];
  /** Whether Nginx of other stacks is behind this one, and has to hear when it is replaced. */
  passesOn?: boolean;
  /** Volume with the application's uploads. */
  media?: pulumi.Input<string>;
  /** Volume with the releases' static files. */
  assets?: pulumi.Input<string>;
}

/**
 * Nginx in front of the application, and the container that publishes its ports. Both run as an
 * ordinary user without any capability, on a read-only root. Nginx's configuration is in a volume
 * and arrives by {@link TrafficSwitch}, so ordinary deploys never replace it. A new image or limit
 * does: the new Nginx gets the listening sockets of the one before, which leaves once the new one
 * serves.
 */
export class ReverseProxy extends pulumi.ComponentResource {
  readonly container: docker.Container;
  /** The container that publishes the ports. */
  readonly listener: docker.Container;
  /** Volume that Nginx reads certificates from. */
  readonly certificates: pulumi.Output<string>;
  /** Volume that Nginx answers ACME's challenges from. */
  readonly webroot: pulumi.Output<string>;
  /** Done when this Nginx is the only one, and serves if anything is served yet. */
  readonly admitted: pulumi.Resource;

  constructor(name: string, args: ReverseProxyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:ReverseProxy", name, {}, opts);
    const volume = (part: string, keep: boolean) =>
      new docker.Volume(
        `${name}-${part}`,
        {
          labels: labels(args.identity, part),
          ...(keep ? { name: `${args.identity.project}-${args.identity.stack}-${part}` } : {}),
        },
        { parent: this, retainOnDelete: keep },
      ).name;
    const config = volume("proxy-config", false);
    const state = volume("proxy-state", false);
    this.webroot = volume("acme-webroot", false);
    // Kept with the stack's other data: authorities limit how often the same names may be
    // certified.
    this.certificates = volume("certificates", true);

    const owned = this.#giveVolumesToTheirUser(name, args, [state, this.webroot, this.certificates]);
    this.listener = proxyListener(`${name}-listener`, { ...args, ...args.published, state }, this, {
      earlier: `${name}-nginx`,
      dependsOn: owned,
    });
    const limits = proxyLimits(args.edge);
    this.container = new docker.Container(
      `${name}-proxy`,
      {
        ...containerDefaults({
          identity: args.identity,
          part: "nginx",
          limits,
          // Nginx itself ends old connections after drainTimeout.
          grace: args.edge.drainTimeout + 5,
          tmpfs: {
            [edgePaths.run]: `rw,noexec,nosuid,nodev,size=16m,uid=${edgeUser},gid=${edgeUser},mode=0755`,
          },
        }),
        image: args.image,
        entrypoints: ["sh", "-c", startLine],
        user: `${edgeUser}:${edgeUser}`,
        // SIGTERM would drop open connections. https://nginx.org/en/docs/control.html
        stopSignal: "SIGQUIT",
        envs: [pulumi.interpolate`LISTENER=${this.listener.id.apply((id) => id.slice(0, 12))}`],
        networksAdvanced: [{ name: args.network }],
        volumes: [
          { volumeName: config, containerPath: edgePaths.config },
          { volumeName: state, containerPath: edgePaths.state },
          { volumeName: this.webroot, containerPath: edgePaths.webroot, readOnly: true },
          { volumeName: this.certificates, containerPath: edgePaths.certificates, readOnly: true },
          ...(args.assets === undefined
            ? []
            : [{ volumeName: args.assets, containerPath: edgePaths.assets, readOnly: true }]),
          ...(args.media === undefined
            ? []
            : [{ volumeName: args.media, containerPath: edgePaths.media, readOnly: true }]),
        ],
        healthcheck: healthcheck(
          ["curl", "-fsS", "--max-time", "3", `http://127.0.0.1:${edgePorts.probe}/health`],
          15,
          60,
        ),
        mustRun: true,
        wait: false,
      },
      { ...containerOptions(this, false), dependsOn: [owned] },
    );
    const started = [
      this.#admission(`${name}-listener-admission`, args, this.listener),
      this.#admission(`${name}-admission`, args, this.container),
    ];
    const { name: folder, files } = listenerFiles(args.edge);
    this.admitted = new command.local.Command(
      `${name}-hand-over`,
      {
        create: "sh infra/commands/hand-over-proxy.sh",
        // Once it is done, changed files are no reason to do it again.
        update: "true",
        stdin: fileBundle(files),
        environment: {
          ...args.host.environment,
          PROJECT: args.identity.project,
          STACK: args.identity.stack,
          PROXY: this.container.id,
          LISTENER: this.listener.id,
          FILES: folder,
          DRAIN: String(args.edge.drainTimeout),
          ...(args.passesOn === true ? { SHARED_NETWORK: args.network } : {}),
        },
        triggers: [this.container.id, this.listener.id],
        logging: "none",
      },
      { parent: this, dependsOn: started },
    );
    this.registerOutputs({
      container: this.container.id,
      listener: this.listener.id,
      certificates: this.certificates,
      webroot: this.webroot,
    });
  }

  /** Healthy Nginx gets with its configuration, and the hand-over waits for it. */
  #admission(name: string, { edge, host }: ReverseProxyArgs, container: docker.Container): pulumi.Resource {
    const { pids } = proxyLimits(edge);
    return admission(
      name,
      { host, part: "The proxy (nginx)", container, check: ["true"], pids, timeout: 30 },
      this,
    );
  }

  /** New volumes belong to root, and neither Nginx nor Certbot runs as root. */
  #giveVolumesToTheirUser(
    name: string,
    args: ReverseProxyArgs,
    volumes: pulumi.Output<string>[],
  ): pulumi.Resource {
    return new command.local.Command(
      `${name}-volumes`,
      {
        create: pulumi.all([args.image, pulumi.all(volumes)]).apply(([image, names]) =>
          dockerRun({
            image,
            entrypoint: "chown",
            command: [`${edgeUser}:${edgeUser}`, ...names.map((_, index) => `/volumes/${index}`)],
            labels: { "berth.stack": args.identity.stack, "berth.part": "nginx" },
            network: "none",
            user: "0:0",
            capabilities: ["CHOWN"],
            volumes: names.map((volume, index) => ({
              name: volume,
              target: `/volumes/${index}`,
              writable: true,
            })),
          }),
        ),
        // The image's own change is no reason to do it again.
        update: "true",
        environment: args.host.environment,
        triggers: volumes,
        logging: "none",
      },
      { parent: this },
    );
  }
}
