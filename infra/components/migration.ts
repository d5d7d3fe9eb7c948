import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { dockerRun } from "../rendering/docker-run.ts";
import type { AppRuntime } from "./app-runtime.ts";

export interface MigrationArgs extends AppRuntime {
  /** Identity of the database container: a new one is migrated again. */
  database: pulumi.Input<string>;
}

/** Brings the schema up to the release, in a container of its own from the new image, before any new replica starts. */
export class Migration extends pulumi.ComponentResource {
  readonly done: pulumi.Resource;

  constructor(name: string, args: MigrationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Migration", name, {}, opts);
    const { identity, network, secrets, shape } = args;
    this.done = new command.local.Command(
      `${name}-up`,
      {
        create: pulumi
          .all([args.image, network.internal, secrets.volume, args.environment])
          .apply(([image, internal, volume, environment]) =>
            dockerRun({
              image,
              command: ["node", "src/migrate.ts", "up"],
              labels: { "berth.stack": identity.stack, "berth.part": name },
              network: internal,
              volumes: [{ name: volume, target: secrets.mountPoint }],
              environment,
              memory: shape.app.limits.memory,
            }),
          ),
        environment: args.host.environment,
        triggers: [args.release, args.database],
        logging: "stdoutAndStderr",
      },
      { parent: this, dependsOn: opts?.dependsOn ?? [] },
    );
    this.registerOutputs({});
  }
}
