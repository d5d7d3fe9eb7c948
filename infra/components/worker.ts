import * as pulumi from "@pulumi/pulumi";
import { appContainer } from "../resources/app-container.ts";
import type { AppRuntime } from "../resources/app-runtime.ts";

/** The application's jobs, worked off beside its replicas: e-mail, thumbnails, cleaning up. */
export class Worker extends pulumi.ComponentResource {
  /** Known once the worker runs. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: AppRuntime, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Worker", name, {}, opts);
    const { container, ready } = appContainer(
      name,
      {
        ...args,
        part: name,
        program: "worker",
        // Jobs wait until then.
        stopsFirst: args.config.release.strategy === "rolling",
      },
      this,
      opts?.dependsOn,
    );
    this.ready = ready;
    this.registerOutputs({ container: container.id });
  }
}
