import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { dockerRun } from "../rendering/docker-run.ts";
import type { AppRuntime } from "./app-runtime.ts";

export interface MigrationArgs extends AppRuntime {
  /** Identity of the database container: a new one is migrated again. */
  database: pulumi.Input<string>;
}

/**
 * Brings the schema up to the release, in a container of its own from the new image, before any new replica starts; then
 * the sample data, in stacks that have some.
 */
export class Migration extends pulumi.ComponentResource {
  /** Known once schema and data are there. */
  readonly done: pulumi.Resource;

  constructor(name: string, args: MigrationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Migration", name, {}, opts);
    const migrated = this.#task(`${name}-up`, ["src/migrate.ts", "up"], args, opts?.dependsOn ?? []);
    this.done = args.shape.app.sampleData
      ? this.#task(`${name}-sample-data`, ["src/seed.ts"], args, migrated)
      : migrated;
    this.registerOutputs({});
  }

  /** A program of the image that runs to its end, once a release. */
  #task(
    name: string,
    program: readonly string[],
    args: MigrationArgs,
    dependsOn: NonNullable<pulumi.ResourceOptions["dependsOn"]>,
  ): pulumi.Resource {
    const { identity, network, secrets, shape } = args;
    return new command.local.Command(
      name,
      {
        create: pulumi
          .all([args.image, network.internal, secrets.volume, args.environment])
          .apply(([image, internal, volume, environment]) =>
            dockerRun({
              image,
              command: ["node", ...program],
              labels: { "berth.stack": identity.stack, "berth.part": "migration" },
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
      { parent: this, dependsOn },
    );
  }
}
