import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { appContainer, replicaCheck } from "./app-container.ts";
import type { AppRuntime } from "./app-runtime.ts";
import { dataVolume } from "./data-volume.ts";

/** The application's replicas, each admitted only once it is healthy. */
export class App extends pulumi.ComponentResource {
  readonly containers: readonly docker.Container[];
  /** Known once every replica is healthy. */
  readonly ready: readonly pulumi.Resource[];
  /** Volume with uploads. */
  readonly media: pulumi.Output<string>;

  constructor(name: string, args: AppRuntime, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:App", name, {}, opts);
    const { app } = args.shape;
    this.media = dataVolume(args.identity, "media", this).name;
    const replicas = Array.from({ length: app.replicas }, (_, index) =>
      appContainer(
        `${name}-${index + 1}`,
        {
          ...args,
          part: name,
          program: "src/main.ts",
          check: replicaCheck,
          media: this.media,
          ...(app.port === undefined ? {} : { port: app.port }),
        },
        this,
        opts?.dependsOn,
      ),
    );
    this.containers = replicas.map(({ container }) => container);
    this.ready = replicas.map(({ ready }) => ready);
    this.registerOutputs({ containers: this.containers.map((container) => container.id) });
  }
}
