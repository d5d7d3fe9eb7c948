import * as pulumi from "@pulumi/pulumi";
import { metricsPort } from "../facts/app-environment.ts";
import { appContainer } from "../resources/app-container.ts";
import type { AppRuntime } from "../resources/app-runtime.ts";

/**
 * The worker serves nothing but its metrics; an answer there means that it has started and is not
 * stuck. Node would take 150 ms to ask.
 */
const check = [
  "bash",
  "-c",
  `exec 3<>/dev/tcp/127.0.0.1/${metricsPort} && printf 'HEAD /metrics HTTP/1.0\\r\\n\\r\\n' >&3 && read -r -t 4 status <&3 && [[ $status == 'HTTP/1.1 200 '* ]]`,
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
