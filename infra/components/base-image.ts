import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { expectedReference, recipeHash } from "../../images/lib/recipe.ts";
import type { ImageSource } from "../../stacks/stack-config.ts";
import type { Host } from "../policy/host.ts";
import { inTurn } from "../policy/in-turn.ts";
import { baseImages, type BaseImageName } from "../../images/catalogue.ts";

export interface BaseImageArgs {
  /** Engine that gets the image. */
  host: Host;
  /** Which image of the catalogue. */
  name: BaseImageName;
  /** Where it may come from. */
  source: ImageSource;
}

const provided = z.object({ reference: z.string(), source: z.enum(["official", "debian"]) });
type Provided = z.output<typeof provided>;

/**
 * A base image, made available on the stack's engine before anything is built on it or started from
 * it.
 *
 * It is provided when its recipe, its official reference or the wanted source changes, and by every
 * `up` that finds the engine without it: `docker image prune -a` removes what no container uses,
 * and the next build would need it.
 */
export class BaseImage extends pulumi.ComponentResource {
  /**
   * In a preview known for the sources `official` and `debian`, and for `auto` once the image was
   * provided.
   */
  readonly reference: pulumi.Output<string>;
  /** Where it came from in the end. */
  readonly source: pulumi.Output<"official" | "debian">;

  constructor(name: string, args: BaseImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:BaseImage", name, {}, opts);
    const provision = new command.local.Command(
      `${name}-provide`,
      {
        // Relative, so that every checkout and machine says the same: commands run in the project's
        // folder.
        create: `node images/provide.ts ${args.name} --source ${args.source}`,
        environment: args.host.environment,
        triggers: [args.name, args.source, baseImages[args.name].official ?? "", recipeOf(args.name)],
        logging: "stderr",
      },
      { parent: this },
    );
    const answer = provision.stdout.apply((line) => provided.parse(JSON.parse(line)));
    const expected = expectedReference(args.name, args.source, process.env);
    // While previewing, there is nothing to wait for, and what depends on the image can say what
    // becomes of it.
    this.reference =
      expected !== null && pulumi.runtime.isDryRun()
        ? pulumi.output(expected)
        : answer.apply((image) => this.#presentAgain(args, image));
    this.source = answer.source;
    this.registerOutputs({ reference: this.reference, source: this.source });
  }
  /**
   * The image's reference, once the engine has it: what was provided before may have been removed
   * since.
   */
  async #presentAgain({ host, name }: BaseImageArgs, { reference, source }: Provided): Promise<string> {
    if (pulumi.runtime.isDryRun()) return reference;
    const environment = { ...host.environment, REFERENCE: reference, NAME: name, SOURCE: source };
    await inTurn(host, () => command.local.run({ command: bringBack, environment, logging: "stderr" }));
    return reference;
  }
}

/**
 * One look at the engine, unless the image is gone. From the source that it came from, so its
 * reference is the same.
 */
export const bringBack =
  'docker image inspect "$REFERENCE" >/dev/null 2>&1 || node images/provide.ts "$NAME" --source "$SOURCE" >&2';

/** The next deployer may have another bundle; that alone is no change of the stack. */
function recipeOf(name: BaseImageName): string {
  return name === "machine-ca" ? "" : recipeHash(name, process.env);
}
