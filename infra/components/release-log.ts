import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host, Identity } from "../policy/host.ts";

export interface ReleaseLogArgs {
  host: Host;
  identity: Identity;
  release: pulumi.Input<string>;
  /** Reference of the application's image. */
  image: pulumi.Input<string>;
  /** Version of the application's secret files. */
  secrets: pulumi.Input<string>;
  /** Releases that stay on the engine. */
  keep: number;
}

/**
 * Records the release once it has the traffic, and removes images and records of those that are
 * older than the stack keeps.
 */
export class ReleaseLog extends pulumi.ComponentResource {
  constructor(name: string, args: ReleaseLogArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:ReleaseLog", name, {}, opts);
    new command.local.Command(
      `${name}-record`,
      {
        create: "node infra/commands/record-release.ts",
        environment: {
          ...args.host.environment,
          PROJECT: args.identity.project,
          STACK: args.identity.stack,
          RELEASE: args.release,
          IMAGE: args.image,
          SECRETS: args.secrets,
          KEEP: String(args.keep),
        },
        triggers: [args.release],
        logging: "stderr",
      },
      { parent: this, dependsOn: opts?.dependsOn ?? [] },
    );
    this.registerOutputs({ release: args.release });
  }
}
