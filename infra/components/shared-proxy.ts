import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { labels, type Host, type Identity } from "../policy/host.ts";
import { fileBundle } from "../rendering/file-bundle.ts";
import { routerConfig } from "../rendering/nginx-router.ts";
import { previewEdgeConfig } from "../resources/check-edge-config.ts";
import type { ProxyListenerArgs } from "../resources/proxy-listener.ts";
import { ReverseProxy } from "./reverse-proxy.ts";

export interface SharedProxyArgs {
  host: Host;
  identity: Identity;
  /** Nginx image with the stream module, as the official one. */
  image: pulumi.Input<string>;
  edge: EdgeConfig;
  /** Published ports, and what becomes of the container that publishes them now. */
  published: Pick<ProxyListenerArgs, "ports" | "change">;
}

/**
 * Nginx that owns a host's ports and passes TLS connections on, unopened, to the stacks that have
 * claimed their names; each of those ends TLS with a certificate of its own. A stack's fault stays
 * its own: what this Nginx loads of it are names. It is replaced as any {@link ReverseProxy} is.
 */
export class SharedProxy extends pulumi.ComponentResource {
  /** Network that joined stacks come to. */
  readonly network: pulumi.Output<string>;

  constructor(name: string, args: SharedProxyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:SharedProxy", name, {}, opts);
    const { edge, host, identity, image } = args;
    const network = new docker.Network(
      `${name}-network`,
      { labels: labels(identity, "shared") },
      { parent: this },
    );
    this.network = network.name;
    const proxy = new ReverseProxy(
      "edge",
      { ...args, network: network.name, passesOn: true },
      { parent: this },
    );
    const config = routerConfig(edge);
    previewEdgeConfig(config, image, host);
    const served = new command.local.Command(
      `${name}-switch`,
      {
        create: "sh infra/commands/switch-traffic.sh true",
        stdin: fileBundle(config.files),
        environment: {
          ...host.environment,
          PROXY: proxy.container.id,
          SET: config.set,
          RELEASE: "proxy",
          REPLICAS: "",
          BAKE: "0",
          ANSWERS: "0",
          // Connections that were passed on last for as long as the stacks behind let them.
          DRAIN: "0",
        },
        triggers: [proxy.container.id, config.set],
      },
      { parent: this, dependsOn: proxy.admitted },
    );
    // Deleted before all that it depends on: a proxy with stacks behind it is not taken down.
    new command.local.Command(
      `${name}-alone`,
      {
        create: "true",
        update: "true",
        delete: "sh infra/commands/require-alone.sh",
        environment: {
          ...host.environment,
          PROJECT: identity.project,
          STACK: identity.stack,
          SHARED_NETWORK: network.name,
        },
        logging: "stderr",
      },
      { parent: this, dependsOn: served },
    );
    this.registerOutputs({ network: this.network });
  }
}
