import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { appContainer } from "../resources/app-container.ts";
import type { AppRuntime } from "../resources/app-runtime.ts";

/** One replica of the release that is tried out beside the one that serves most requests. */
export class Canary extends pulumi.ComponentResource {
  readonly container: docker.Container;
  /** Known once the replica is healthy. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: AppRuntime, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Canary", name, {}, opts);
    const { container, ready } = appContainer(
      name,
      { ...args, part: "app", program: "web" },
      this,
      opts?.dependsOn,
    );
    this.container = container;
    this.ready = ready;
    this.registerOutputs({ container: container.id });
  }
}
