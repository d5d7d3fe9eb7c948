import * as pulumi from "@pulumi/pulumi";
import { appContainer } from "./app-container.ts";
import type { AppRuntime } from "./app-runtime.ts";

/** The worker serves nothing but its metrics; an answer there means that it has started and is not stuck. */
const check = [
  "node",
  "-e",
  "fetch('http://127.0.0.1:' + process.env.METRICS_PORT + '/metrics').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))",
];

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
        program: "src/worker.ts",
        check,
        // Jobs wait meanwhile.
        stopsFirst: args.shape.release.strategy === "rolling",
      },
      this,
      opts?.dependsOn,
    );
    this.ready = ready;
    this.registerOutputs({ container: container.id });
  }
}
