import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { expectedReference, recipeHash } from "../../images/lib/recipe.ts";
import type { ImageSource } from "../../stacks/stack-config.ts";
import type { Host } from "../policy/host.ts";
import { baseImages, type BaseImageName } from "../../images/catalogue.ts";

export interface BaseImageArgs {
  /** Engine that gets the image. */
  host: Host;
  /** Which image of the catalogue. */
  name: BaseImageName;
  /** Where it may come from. */
  source: ImageSource;
  /**
   * What else calls for providing the image anew. For `machine-ca`: the sources of what is built with it, so that a
   * build has the bundle of the machine that asks for it.
   */
  triggers?: pulumi.Input<string>[];
}

const provided = z.object({ reference: z.string(), source: z.enum(["official", "debian"]) });

/**
 * A base image, made available on the stack's engine before anything is built on it or started from it.
 *
 * It is provided when its recipe, its official reference or the wanted source changes, not when somebody has removed
 * it from the engine: `node images/provide.ts NAME` brings such an image back.
 */
export class BaseImage extends pulumi.ComponentResource {
  /** In a preview known for the sources `official` and `debian`, and for `auto` once the image was provided. */
  readonly reference: pulumi.Output<string>;
  /** Where it came from in the end. */
  readonly source: pulumi.Output<"official" | "debian">;

  constructor(name: string, args: BaseImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:BaseImage", name, {}, opts);
    const provision = new command.local.Command(
      `${name}-provide`,
      {
        // Relative, so that every checkout and machine says the same: commands run in the project's folder.
        create: `node images/provide.ts ${args.name} --source ${args.source}`,
        environment: args.host.environment,
        triggers: [
          args.name,
          args.source,
          baseImages[args.name].official ?? "",
          recipeOf(args.name),
          ...(args.triggers ?? []),
        ],
        logging: "stderr",
      },
      { parent: this },
    );
    const answer = provision.stdout.apply((line) => provided.parse(JSON.parse(line)));
    const expected = expectedReference(args.name, args.source, process.env);
    // While previewing, there is nothing to wait for, and what depends on the image can say what becomes of it.
    this.reference =
      expected !== null && pulumi.runtime.isDryRun() ? pulumi.output(expected) : answer.reference;
    this.source = answer.source;
    this.registerOutputs({ reference: this.reference, source: this.source });
  }
}

/** Whoever deploys next has another bundle; that alone is no change of the stack. */
function recipeOf(name: BaseImageName): string {
  return name === "machine-ca" ? "" : recipeHash(name, process.env);
}
