import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { containerDefaults, containerOptions, healthcheck } from "../policy/container-defaults.ts";
import { labels, type Host, type Identity } from "../policy/host.ts";
import { proxyLimits } from "../policy/limits.ts";
import { dockerRun } from "../rendering/docker-run.ts";
import { edgePaths, edgePorts, edgeUser, startLine } from "../rendering/edge-paths.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { admission } from "../resources/admission.ts";

export interface ReverseProxyArgs {
  host: Host;
  identity: Identity;
  /** Nginx image: the official one, or one with the same user, and with curl and openssl. */
  image: pulumi.Input<string>;
  edge: EdgeConfig;
  /** Network that the application's replicas are on. */
  network: pulumi.Input<string>;
  /** Volume with the application's uploads. */
  media?: pulumi.Input<string>;
  /** Volume with the releases' static files. */
  assets?: pulumi.Input<string>;
}

/**
 * Nginx in front of the application: the only part with published ports. It runs as an ordinary
 * user without any capability, on a read-only root. Its configuration is in a volume and arrives by
 * {@link TrafficSwitch}, so ordinary deploys never replace the container.
 */
export class ReverseProxy extends pulumi.ComponentResource {
  readonly container: docker.Container;
  /** Volume that Nginx reads certificates from. */
  readonly certificates: pulumi.Output<string>;
  /** Volume that Nginx answers ACME's challenges from. */
  readonly webroot: pulumi.Output<string>;
  /** Done when the volumes belong to their user and the container runs. */
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
    const published = (internal: number, external: number, protocol = "tcp") => ({
      internal,
      external,
      ip: args.edge.proxyAddress,
      protocol,
    });
    const limits = proxyLimits(args.edge);
    const secure = args.edge.tls !== "off";
    this.container = new docker.Container(
      `${name}-nginx`,
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
        networksAdvanced: [{ name: args.network, aliases: ["nginx"] }],
        ports: [
          published(edgePorts.http, args.edge.httpPort),
          ...(secure ? [published(edgePorts.https, args.edge.httpsPort)] : []),
          ...(secure && args.edge.http3 ? [published(edgePorts.https, args.edge.httpsPort, "udp")] : []),
        ],
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
      { ...containerOptions(this, true), dependsOn: [owned] },
    );
    this.admitted = admission(
      `${name}-admission`,
      {
        host: args.host,
        part: "The proxy (nginx)",
        container: this.container,
        // Healthy it gets with its first configuration; until then it must only stay up.
        check: ["true"],
        pids: limits.pids,
        timeout: 30,
      },
      this,
    );
    this.registerOutputs({
      container: this.container.id,
      certificates: this.certificates,
      webroot: this.webroot,
    });
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
