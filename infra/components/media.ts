import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Declaration } from "../../declaration/read-declaration.ts";
import type { Host, Identity } from "../policy/host.ts";
import { dataVolume } from "../resources/data-volume.ts";

export interface MediaArgs {
  host: Host;
  identity: Identity;
  declaration: Pick<Declaration, "runtime" | "uploads" | "user">;
  /** The application's image. */
  image: pulumi.Input<string>;
  /** Image with `chown`. */
  toolImage: pulumi.Input<string>;
}

/**
 * What people have uploaded: a volume that the application writes and Nginx reads, and that
 * outlives the stack.
 */
export class Media extends pulumi.ComponentResource {
  readonly volume: pulumi.Output<string>;
  /** The same volume, once the application may write to it. */
  readonly writable: pulumi.Output<string>;

  constructor(name: string, args: MediaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("berth:index:Media", name, {}, opts);
    this.volume = dataVolume(args.identity, name, this).name;
    const { runtime, uploads, user } = args.declaration;
    // The image of a native application brings a folder that belongs to its user, which Docker
    // copies.
    this.writable =
      runtime === "native" || uploads === undefined ? this.volume : this.#owned(name, args, uploads, user);
    this.registerOutputs({ volume: this.volume });
  }

  #owned(name: string, args: MediaArgs, folder: string, user: number): pulumi.Output<string> {
    const owned = new command.local.Command(
      `${name}-owner`,
      {
        create: "sh infra/commands/own-uploads.sh",
        // Another image is no reason to do it again.
        update: "true",
        environment: {
          ...args.host.environment,
          IMAGE: args.image,
          TOOLS: args.toolImage,
          VOLUME: this.volume,
          FOLDER: folder,
          OWNER: String(user),
        },
        triggers: [this.volume, folder, user],
        logging: "none",
      },
      { parent: this },
    );
    return pulumi.all([this.volume, owned.id]).apply(([volume]) => volume);
  }
}
