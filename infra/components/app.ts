import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { portOf } from "../../stacks/stack-config.ts";
import { appContainer, type AppContainer } from "../resources/app-container.ts";
import type { AppRuntime } from "../resources/app-runtime.ts";
import { rollingReplicas, type Rolling } from "../resources/rolling-replicas.ts";

export interface AppArgs extends AppRuntime {
  /** How replicas are replaced one at a time; side by side if unset. */
  rolling: Rolling | undefined;
}

/** The application's replicas, each admitted only once it is healthy. */
export class App extends pulumi.ComponentResource {
  readonly containers: readonly docker.Container[];
  /** Known once every replica is healthy; and serves, if they are replaced one at a time. */
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: AppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:App", name, {}, opts);
    const { rolling } = args;
    const replicas =
      rolling === undefined
        ? this.#sideBySide(name, args, opts?.dependsOn)
        : rollingReplicas(name, { ...args, rolling }, this, opts?.dependsOn);
    this.containers = replicas.map(({ container }) => container);
    this.ready = replicas.map(({ ready }) => ready);
    this.registerOutputs({ containers: this.containers.map((container) => container.id) });
  }

  /** Replicas that start beside those before, which go once these have the traffic. */
  #sideBySide(
    name: string,
    args: AppRuntime,
    dependsOn: pulumi.ComponentResourceOptions["dependsOn"],
  ): AppContainer[] {
    const port = portOf(args.config, "app");
    return Array.from({ length: args.config.app.replicas }, (_, index) =>
      appContainer(
        `${name}-${index + 1}`,
        {
          ...args,
          part: name,
          program: "web",
          port,
        },
        this,
        dependsOn,
      ),
    );
  }
}
