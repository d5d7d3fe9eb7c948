import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { derivedRecipeHash } from "../../images/lib/derive-image.ts";
import type { Host } from "../policy/host.ts";

export interface BackupImageArgs {
  /** Engine that gets the image. */
  host: Host;
  /** Postgres image of the stack, which this one is built on. */
  postgres: pulumi.Output<string>;
}

/**
 * The image of the backups: the stack's own Postgres image, whichever that is, with pgBackRest,
 * restic and the program that runs them. So a proof is made by the very server that the stack runs.
 *
 * It is built when its recipe or the Postgres image changes, and by every `up` that finds the
 * engine without it.
 */
export class BackupImage extends pulumi.ComponentResource {
  readonly reference: pulumi.Output<string>;

  constructor(name: string, args: BackupImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:BackupImage", name, {}, opts);
    const { host, postgres } = args;
    const built = new command.local.Command(
      `${name}-build`,
      {
        create: 'node images/derive.ts backup --base "$BASE"',
        environment: { ...host.environment, BASE: postgres },
        triggers: [postgres, derivedRecipeHash("backup")],
        logging: "stderr",
      },
      { parent: this },
    );
    this.reference = pulumi.all([postgres, built.stdout]).apply(async ([base, line]) => {
      const reference = line.trim();
      if (pulumi.runtime.isDryRun()) return reference;
      // What was built before may have been removed since.
      await command.local.run({
        command:
          'docker image inspect "$REFERENCE" >/dev/null 2>&1 || node images/derive.ts backup --base "$BASE" >&2',
        environment: { ...host.environment, REFERENCE: reference, BASE: base },
        logging: "stderr",
      });
      return reference;
    });
    this.registerOutputs({ reference: this.reference });
  }
}
