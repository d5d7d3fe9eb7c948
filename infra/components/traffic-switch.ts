import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Words } from "../../declaration/command.ts";
import type { Host } from "../policy/host.ts";
import { nginxConfig } from "../rendering/edge-config.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import type { EdgeApp } from "../rendering/edge-app.ts";
import type { EdgeCanary, EdgeRelease } from "../rendering/edge-release.ts";
import type { EdgeLocale } from "../rendering/error-pages.ts";
import { fileBundle } from "../rendering/file-bundle.ts";
import { join as shellWords } from "shlex";
import { previewEdgeConfig } from "../resources/check-edge-config.ts";

export interface TrafficSwitchArgs {
  host: Host;
  /** Id of the proxy's container. */
  proxy: pulumi.Input<string>;
  /** The proxy's image: a preview has it test the configuration. */
  image: pulumi.Input<string>;
  edge: EdgeConfig;
  locale: EdgeLocale;
  /** What Nginx has to know of the application. */
  app: EdgeApp;
  /** Port that the application listens on, in its container. */
  port: number;
  /** Command that ends with 0 in a healthy replica. */
  check: Words;
  /** Name of the release, for messages. */
  release: pulumi.Input<string>;
  /** The replicas that get the traffic. */
  replicas: readonly Replica[];
  canary?: CanaryTraffic | undefined;
  /**
   * Seconds that the replicas are watched once they have the traffic; an ailing one gives it back.
   */
  bakeTime: number;
}

/** A replica of another release, and who gets it. */
interface CanaryTraffic extends Omit<EdgeCanary, "id" | "upstream"> {
  /** Name of its release. */
  readonly release: pulumi.Input<string>;
  readonly container: Replica;
}

/** What is known of a replica's container. */
interface Replica {
  readonly id: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
}

/**
 * Moves the traffic to a release, or takes a changed configuration over: writes the set beside the
 * ones before, has Nginx test it, reloads, waits until the release answers through Nginx and until
 * old workers have finished. On failure the previous set goes on being served and `up` fails with
 * the reason, before anything old is deleted.
 *
 * Runs again when a replica, the proxy's container or the configuration changes, and at the next
 * `up` after a failure.
 */
export class TrafficSwitch extends pulumi.ComponentResource {
  /** Name of the configuration set that is served. */
  readonly set: pulumi.Output<string>;
  /** Done when the traffic has moved: things that only the old release needs may be removed. */
  readonly switched: pulumi.Resource;

  constructor(name: string, args: TrafficSwitchArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:TrafficSwitch", name, {}, opts);
    const { app, canary, replicas } = args;
    const release = pulumi.output(args.release);
    // Replicas have no names yet while previewing, and Nginx takes a configuration without any.
    const withoutReplicas = { id: "preview", app, upstreams: [] };
    previewEdgeConfig(nginxConfig(args.edge, withoutReplicas, args.locale), args.image, args.host);
    const containers = [...replicas, ...(canary === undefined ? [] : [canary.container])];
    const config = served(args).apply((served) => nginxConfig(args.edge, served, args.locale));
    this.set = config.apply(({ set }) => set);
    this.switched = new command.local.Command(
      `${name}-switch`,
      {
        create: `sh infra/commands/switch-traffic.sh ${shellWords([...args.check])}`,
        stdin: config.apply(({ files }) => fileBundle(files)),
        environment: {
          ...args.host.environment,
          PROXY: args.proxy,
          SET: this.set,
          RELEASE: release,
          REPLICAS: pulumi.all(containers.map(({ id }) => id)).apply((ids) => ids.join(" ")),
          BAKE: String(args.bakeTime),
          // Nginx spreads requests, so this many in a row have asked every replica.
          ANSWERS: String(replicas.length * 2),
          DRAIN: String(args.edge.drainTimeout),
        },
        triggers: [containers.map(({ id }) => id), args.proxy, this.set],
      },
      { parent: this, dependsOn: opts?.dependsOn ?? [] },
    );
    this.registerOutputs({ set: this.set });
  }
}

/** What the edge has to know of the release, once its containers have names. */
function served({ app, canary, port, release, replicas }: TrafficSwitchArgs): pulumi.Output<EdgeRelease> {
  return pulumi
    .all([
      release,
      pulumi.all(replicas.map(({ name }) => name)),
      canary?.release ?? "",
      canary?.container.name ?? "",
    ])
    .apply(([id, names, tried, address]) => ({
      id,
      app,
      upstreams: names.map((name) => ({ address: name, port })),
      canary: canary && {
        id: tried,
        upstream: { address, port },
        share: canary.share,
        header: canary.header,
      },
    }));
}
