import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../host.ts";
import { edgeConfig } from "../rendering/edge-config.ts";
import type { EdgeShape, Upstream } from "../rendering/edge-shape.ts";
import type { EdgeLocale } from "../rendering/error-pages.ts";
import { fileBundle } from "../rendering/file-bundle.ts";
import { previewEdgeConfig } from "./check-edge-config.ts";

export interface TrafficSwitchArgs {
  host: Host;
  /** Id of the proxy's container. */
  proxy: pulumi.Input<string>;
  /** The proxy's image: a preview has it test the configuration. */
  image: pulumi.Input<string>;
  shape: EdgeShape;
  locale: EdgeLocale;
  /** Release that must answer through Nginx, as its `X-Release` says. */
  release: pulumi.Input<string>;
  /** The replicas that get the traffic. */
  upstreams: pulumi.Input<readonly pulumi.Input<Upstream>[]>;
  /** Ids of the replicas' containers: a new container behind an old name is a change as well. */
  containers: pulumi.Input<readonly pulumi.Input<string>[]>;
}

/**
 * Moves the traffic to a release, or takes a changed configuration over: writes the set beside the ones before, has
 * Nginx test it, reloads, waits until the release answers through Nginx and until old workers have finished. On
 * failure the previous set goes on being served and `up` fails with the reason, before anything old is deleted.
 *
 * Runs again when a replica, the proxy's container or the configuration changes, and at the next `up` after a failure.
 */
export class TrafficSwitch extends pulumi.ComponentResource {
  /** Name of the configuration set that is served. */
  readonly set: pulumi.Output<string>;
  /** Done when the traffic has moved: what the old release needs may go. */
  readonly switched: pulumi.Resource;

  constructor(name: string, args: TrafficSwitchArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:TrafficSwitch", name, {}, opts);
    const release = pulumi.output(args.release);
    const upstreams: pulumi.Output<Upstream[]> = pulumi.output(args.upstreams).apply((list) => [...list]);
    // Replicas have no names yet while previewing, and Nginx takes a configuration without any.
    const withoutReplicas = { id: "preview", upstreams: [] };
    previewEdgeConfig(edgeConfig(args.shape, withoutReplicas, args.locale), args.image, args.host);
    const config = pulumi
      .all([release, upstreams])
      .apply(([id, replicas]) => edgeConfig(args.shape, { id, upstreams: replicas }, args.locale));
    this.set = config.apply(({ set }) => set);
    this.switched = new command.local.Command(
      `${name}-switch`,
      {
        create: "sh infra/commands/switch-traffic.sh",
        stdin: config.apply(({ files }) => fileBundle(files)),
        environment: {
          ...args.host.environment,
          PROXY: args.proxy,
          SET: this.set,
          RELEASE: release,
          // Nginx spreads requests, so this many in a row have asked every replica.
          ANSWERS: upstreams.apply((replicas) => String(replicas.length * 2)),
          DRAIN: String(args.shape.drainTimeout),
        },
        triggers: [args.containers, args.proxy, this.set],
      },
      { parent: this, dependsOn: opts?.dependsOn ?? [] },
    );
    this.registerOutputs({ set: this.set });
  }
}
