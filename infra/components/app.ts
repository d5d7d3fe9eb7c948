import { resolve } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { containerDefaults, containerOptions, healthcheck } from "../container-defaults.ts";
import { admission } from "./admission.ts";
import { appUser, type AppRuntime } from "./app-runtime.ts";
import { dataVolume } from "./data-volume.ts";
import { publishedPorts } from "./published-ports.ts";

/** Seconds between the end of the drain and SIGKILL. */
const killMargin = 5;

const check = ["node", "src/healthcheck.ts"];

/** The application's replicas, each admitted only once it is healthy. */
export class App extends pulumi.ComponentResource {
  readonly containers: readonly docker.Container[];
  /** Known once every replica is healthy. */
  readonly ready: readonly pulumi.Resource[];
  /** Volume with uploads. */
  readonly media: pulumi.Output<string>;

  constructor(name: string, args: AppRuntime, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:App", name, {}, opts);
    const { shape } = args;
    this.media = dataVolume(args.identity, "media", this).name;
    this.containers = Array.from({ length: shape.app.replicas }, (_, index) =>
      this.replica(`${name}-${index + 1}`, name, args, this.media, opts),
    );
    this.ready = this.containers.map((container, index) =>
      admission(
        `${name}-${index + 1}-ready`,
        {
          host: args.host,
          part: name,
          container,
          check,
          pids: shape.app.limits.pids,
          timeout: 90,
        },
        this,
      ),
    );
    this.registerOutputs({ containers: this.containers.map((container) => container.id) });
  }

  private replica(
    name: string,
    part: string,
    args: AppRuntime,
    media: pulumi.Input<string>,
    opts: pulumi.ComponentResourceOptions | undefined,
  ): docker.Container {
    const { identity, network, secrets, shape } = args;
    const { app } = shape;
    return new docker.Container(
      name,
      {
        ...containerDefaults({
          identity,
          part,
          release: args.release,
          limits: app.limits,
          grace: app.drainTimeout + killMargin,
        }),
        image: args.image,
        user: `${appUser}:${appUser}`,
        ...(app.hotReload ? { command: ["node", "--watch-path=/app/src", "src/main.ts"] } : {}),
        envs: args.environment.apply((environment) =>
          Object.entries(environment)
            .map(([key, value]) => `${key}=${value}`)
            .sort(),
        ),
        mounts: [
          { type: "volume", source: media, target: "/var/lib/app/media" },
          { type: "volume", source: secrets.volume, target: secrets.mountPoint, readOnly: true },
          ...(app.hotReload
            ? [{ type: "bind", source: resolve("app/src"), target: "/app/src", readOnly: true }]
            : []),
        ],
        networksAdvanced: [{ name: network.internal }, { name: network.edge, aliases: [part] }],
        ports: publishedPorts(8000, app.port),
        healthcheck: healthcheck(check, 10, 30),
      },
      {
        // A host port can be held by one container only.
        ...containerOptions(this, app.port !== undefined),
        dependsOn: opts?.dependsOn ?? [],
      },
    );
  }
}
