import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host, Identity } from "../policy/host.ts";

export interface RetiredCredentialsArgs {
  host: Host;
  identity: Identity;
  /** Id of the Postgres container. */
  database: pulumi.Input<string>;
  /** Roles that the present release does not log in as. */
  roles: pulumi.Input<string[]>;
  /** Releases that run: the present one, and a canary's. */
  releases: pulumi.Input<string>[];
  /** Seconds that containers of the release before may take to finish. */
  grace: number;
}

/**
 * Closes the database roles of releases before, once the present one has the traffic and the old
 * containers have finished: from the end of the `up` that rotated it on, the old password opens
 * nothing.
 */
export class RetiredCredentials extends pulumi.ComponentResource {
  constructor(name: string, args: RetiredCredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:RetiredCredentials", name, {}, opts);
    const roles = pulumi.output(args.roles).apply((names) => names.join(" "));
    new command.local.Command(
      `${name}-close`,
      {
        create: "sh infra/commands/retire-credentials.sh",
        // A later release of the same role has nothing to close.
        update: "true",
        environment: {
          ...args.host.environment,
          PROJECT: args.identity.project,
          STACK: args.identity.stack,
          RELEASES: pulumi.output(args.releases).apply((ids) => ids.join(" ")),
          POSTGRES: args.database,
          ROLES: roles,
          GRACE: String(args.grace),
        },
        triggers: [roles, args.database],
        logging: "none",
      },
      { parent: this, dependsOn: opts?.dependsOn ?? [] },
    );
    this.registerOutputs({ roles });
  }
}
