import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { derivedRecipeHash, type DerivedImageName } from "../../images/lib/derive-image.ts";
import type { Host } from "../policy/host.ts";

export interface DerivedImageArgs {
  /** Engine that gets the image. */
  host: Host;
  /** What is added. */
  recipe: DerivedImageName;
  /** Image of the stack that it is added to. */
  base: pulumi.Output<string>;
}

const types: Readonly<Record<DerivedImageName, string>> = { backup: "BackupImage", watcher: "WatcherImage" };

/**
 * An image that is built on another one of the stack, whichever that is: the backups' on its
 * Postgres image, so that a proof is made by the very server that the stack runs.
 *
 * It is built when its recipe or its base changes, and by every `up` that finds the engine without
 * it.
 */
export class DerivedImage extends pulumi.ComponentResource {
  readonly reference: pulumi.Output<string>;

  constructor(name: string, args: DerivedImageArgs, opts?: pulumi.ComponentResourceOptions) {
    const { base, host, recipe } = args;
    super(`berth:index:${types[recipe]}`, name, {}, opts);
    const build = `node images/derive.ts ${recipe} --base "$BASE"`;
    const built = new command.local.Command(
      `${name}-build`,
      {
        create: build,
        environment: { ...host.environment, BASE: base },
        triggers: [base, derivedRecipeHash(recipe)],
        logging: "stderr",
      },
      { parent: this },
    );
    this.reference = pulumi.all([base, built.stdout]).apply(async ([found, line]) => {
      const reference = line.trim();
      if (pulumi.runtime.isDryRun()) return reference;
      // What was built before may have been removed since.
      await command.local.run({
        command: `docker image inspect "$REFERENCE" >/dev/null 2>&1 || ${build} >&2`,
        environment: { ...host.environment, REFERENCE: reference, BASE: found },
        logging: "stderr",
      });
      return reference;
    });
    this.registerOutputs({ reference: this.reference });
  }
}
